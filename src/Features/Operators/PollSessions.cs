using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Operators;

/// <summary>New messages over all sessions of the operator, and how the queues stand; renews its leases.</summary>
public sealed class PollSessions(SessionsPoller poller, LongPoll waits, PolledHistory history)
    : Endpoint<PollSessions.Request, Results<Ok<SessionsPoller.Answer>, Problem>>
{
    public sealed class Request
    {
        /// <summary>The cursor of the last answer; without it everything that the sessions hold.</summary>
        [QueryParam]
        public string? After { get; init; }

        /// <summary>Seconds to wait for something new, 1 to 25.</summary>
        [QueryParam]
        public int? Wait { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.After).Must(text => OperatorCursor.Parse(text) is not null)
                .WithMessage("Must be a cursor that this service gave.").WithErrorCode(Problem.InvalidCursor.Code);
            RuleFor(r => r.Wait).InclusiveBetween(1, 25);
        }
    }

    public override void Configure()
    {
        Get("poll");
        Group<OperatorGroup>();
        Description(d => d.Refuses(Problem.InvalidCursor));
    }

    public override async Task<Results<Ok<SessionsPoller.Answer>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Operator();
        var after = OperatorCursor.Parse(request.After)!;
        var first = await poller.PollAsync(caller, after, ct);
        var answer = request.Wait is not { } wait || first.HasNews
            ? first
            : await waits.UntilAsync(
                caller, TimeSpan.FromSeconds(wait), await poller.ChannelsAsync(caller, ct), () => poller.PollAsync(caller, after, ct), poll => poll.HasNews, ct);
        foreach (var news in answer.Answer.Sessions)
        {
            history.Note(User, news.SessionId, news.Messages, after.Sessions.GetValueOrDefault(news.SessionId));
        }

        return TypedResults.Ok(answer.Answer);
    }
}
