using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Messages;

/// <summary>New messages: after a cursor, or since the caller's last poll.</summary>
public sealed class PollMessages(SessionGate gate, MessagePoller poller, QueuePlaces places, HolderWatch holders, ChatMetrics metrics, IHostApplicationLifetime life)
    : Endpoint<PollMessages.Request, Results<Ok<PollMessages.Answer>, Problem>>
{
    private const int DefaultLimit = 200;

    public sealed class Request
    {
        /// <summary>The cursor of the last answer. Repeating a poll with the same cursor loses nothing. Without it: since this caller's last poll.</summary>
        [QueryParam]
        public string? After { get; init; }

        /// <summary>Seconds to wait for something new, 1 to 25.</summary>
        [QueryParam]
        public int? Wait { get; init; }

        /// <summary>Most messages in one answer, 1 to 500; 200 by default.</summary>
        [QueryParam]
        public int? Limit { get; init; }

        /// <summary>The session, where an operator holds several.</summary>
        [QueryParam]
        public string? SessionId { get; init; }
    }

    /// <param name="Cursor">Send it as <c>after</c> next time.</param>
    /// <param name="Operator">Who has the session.</param>
    /// <param name="Queue">The place in the queue, while the session waits.</param>
    /// <param name="Typing">Whether the other side is writing.</param>
    /// <param name="ReadUpTo">The last message that the other side has read.</param>
    /// <param name="NextPollMs">How long to wait before the next poll; 0 when more is there.</param>
    public sealed record Answer(
        IReadOnlyList<Message> Messages, string Cursor, SessionStatus Status, OperatorName? Operator, QueuePlace? Queue, bool Typing, string? ReadUpTo, int NextPollMs);

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.After).IsCursor();
            RuleFor(r => r.Wait).InclusiveBetween(1, 25);
            RuleFor(r => r.Limit).InclusiveBetween(1, 500);
        }
    }

    public override void Configure()
    {
        Get("chat/poll");
        Policies(Access.SessionMember);
        Description(d => d.Refuses(Problem.InvalidCursor, Problem.InvalidSessionToken, Problem.NotAssigned, Problem.SessionNotFound));
    }

    public override async Task<Results<Ok<Answer>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Caller()!;
        var wait = TimeSpan.FromSeconds(request.Wait ?? 0);
        var (reply, refusal) = await gate.EnterAsync(
            caller,
            request.SessionId,
            Allowance.Polls,
            access => poller.PollAsync(access, caller, request.After, request.Limit ?? DefaultLimit, wait, ct),
            ct);
        metrics.Polled(reply is null ? "refused" : reply.Messages.Count > 0 ? "news" : "nothing");
        if (reply is null)
        {
            return refusal!;
        }

        if (reply is { Status: SessionStatus.Active, OperatorId: { } operatorId })
        {
            await holders.SeenAsync(reply.SessionId, operatorId, ct);
        }

        // Who has waited may come again at once, but not while the service stops and lets nobody wait.
        var waited = request.Wait is not null && !life.ApplicationStopping.IsCancellationRequested;
        return TypedResults.Ok(new Answer(
            reply.Messages,
            reply.Cursor,
            reply.Status,
            OperatorName.Of(reply.OperatorName),
            await places.OfAsync(reply.SessionId, reply.Status, reply.Department, reply.CalledAt, ct),
            reply.Typing,
            reply.ReadUpTo,
            PollPace.NextPollMs(reply.Status, reply.HasMore, waited)));
    }
}
