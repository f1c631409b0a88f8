using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Messages;

/// <summary>New messages: after a cursor, or since the caller's last poll.</summary>
public sealed class PollMessages(SessionGate gate, MessagePoller poller, PollAnswers answers, PolledHistory history, ReadLimits limits, ChatMetrics metrics, IHostApplicationLifetime life)
    : Endpoint<PollMessages.Request, Results<Ok<PollAnswer>, Problem>>
{
    /// <summary>Messages in one answer, unless asked otherwise.</summary>
    public const int DefaultLimit = 200;

    /// <summary>In seconds.</summary>
    public const int LongestWait = 25;

    public sealed class Request
    {
        /// <summary>The cursor of the last answer. Repeating a poll with the same cursor loses nothing. Without it: since this caller's last poll.</summary>
        [QueryParam]
        public string? After { get; init; }

        /// <summary>Seconds to wait for something new, 1 to 25.</summary>
        [QueryParam]
        public int? Wait { get; init; }

        /// <summary>Whether the caller shows that the other side is writing. Told so, a poll that waits answers at once where that is no longer so.</summary>
        [QueryParam]
        public bool? Typing { get; init; }

        /// <summary>With <c>typing</c>: up to where the caller shows that the other side has read, if anything.</summary>
        [QueryParam]
        public string? ReadUpTo { get; init; }

        /// <summary>Most messages in one answer, 1 to 500; 200 by default.</summary>
        [QueryParam]
        public int? Limit { get; init; }

        /// <summary>The session, where an operator holds several.</summary>
        [QueryParam]
        public string? SessionId { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.After).IsCursor();
            RuleFor(r => r.ReadUpTo).IsCursor();
            RuleFor(r => r.Wait).InclusiveBetween(1, LongestWait);
            RuleFor(r => r.Limit).InclusiveBetween(1, 500);
        }
    }

    public override void Configure()
    {
        Get("chat/poll");
        Policies(Access.SessionMember);
        Description(d => d.Refuses(Problem.InvalidCursor, Problem.InvalidSessionToken, Problem.NotAssigned, Problem.SessionNotFound));
    }

    public override async Task<Results<Ok<PollAnswer>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Caller()!;
        // A HEAD request tells nothing, so it moves no cursor, and it does not wait.
        var isHead = HttpMethods.IsHead(HttpContext.Request.Method);
        var (after, wait) = (request.After ?? (isHead ? Cursor.Start : null), TimeSpan.FromSeconds(isHead ? 0 : request.Wait ?? 0));
        var shown = PeerState.Said(request.Typing, request.ReadUpTo);
        var client = ReadLimits.ClientOf(HttpContext, User.FindFirst("sub")?.Value);
        var (reply, refusal) = await gate.EnterAsync(
            caller,
            request.SessionId,
            Allowance.Polls,
            async access =>
            {
                if (PlainPollMiddleware.RefusalOf(HttpContext, access) is { } refused)
                {
                    return refused;
                }

                var entered = await poller.PollAsync(access, caller, after, limits.Most(client, request.Limit ?? DefaultLimit), wait, shown, ct);
                var counted = limits.Count(client, entered);
                // Without a cursor it is told now or never.
                return after is null ? entered : counted;
            },
            ct);
        metrics.Polled(reply is null ? "refused" : reply.Messages.Count > 0 ? "news" : "nothing");
        if (reply is null)
        {
            return refusal!;
        }

        history.Note(User, reply.SessionId, reply.Messages, after);
        // A caller that has waited may poll again at once, but not while the service stops and lets nobody wait.
        var waited = request.Wait is not null && !life.ApplicationStopping.IsCancellationRequested;
        return TypedResults.Ok(await answers.OfAsync(reply, waited, ct));
    }
}
