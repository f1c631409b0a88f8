using System.Security.Claims;
using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// What polls tell, as server-sent events while the connection lasts. Each event's data is the answer of a poll, its id the cursor: a client that comes
/// again with <c>Last-Event-ID</c> misses nothing. The stream ends when the session is closed, the token expires or the time is up.
/// </summary>
/// <response code="200">Events, the first at once, and a comment every 15 seconds.</response>
/// <response code="204">The session is closed and the caller has all of it: EventSource does not come again.</response>
public sealed class GetEvents(SessionGate gate, PollStore polls, PollAnswers answers, MessageFollower follower, PolledHistory history, ReadLimits limits, ChatMetrics metrics, TimeProvider time)
    : Endpoint<GetEvents.Request, Results<EventsResult, NoContent, Problem>>
{
    /// <summary>In seconds.</summary>
    public const int LongestWait = 3600;

    private const int DefaultWait = 600;

    public sealed class Request
    {
        /// <summary>The cursor to go on from, where there is no <c>Last-Event-ID</c>. Without either: since this caller's last poll.</summary>
        [QueryParam]
        public string? After { get; init; }

        /// <summary>Seconds that the stream lasts at most, 1 to 3600; 600 by default. EventSource then comes again by itself.</summary>
        [QueryParam]
        public int? Wait { get; init; }

        /// <summary>The session, where an operator holds several.</summary>
        [QueryParam]
        public string? SessionId { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.After).IsCursor();
            RuleFor(r => r.Wait).InclusiveBetween(1, LongestWait);
        }
    }

    public override void Configure()
    {
        Get("chat/events");
        Policies(Access.SessionMember);
        Description(d => d.Refuses(Problem.InvalidCursor, Problem.InvalidSessionToken, Problem.NotAssigned, Problem.SessionNotFound));
    }

    public override async Task<Results<EventsResult, NoContent, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var isHead = HttpMethods.IsHead(HttpContext.Request.Method);
        // A HEAD request tells nothing, so it moves no cursor.
        var after = HttpContext.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last ? last : request.After ?? (isHead ? Cursor.Start : null);
        if (after is not null && !Cursor.IsCursor(after))
        {
            return Problem.InvalidCursor;
        }

        var (caller, client, right) = (User.Caller()!, ReadLimits.ClientOf(HttpContext, User.FindFirst("sub")?.Value), default(SessionAccess));
        var (first, refusal) = await gate.EnterAsync(
            caller,
            request.SessionId,
            Allowance.Polls,
            async access =>
            {
                right = access with { Allowance = "" };
                if (PlainPollMiddleware.RefusalOf(HttpContext, access) is { } refused)
                {
                    return refused;
                }

                var entered = await polls.PollAsync(access, caller, after, limits.Most(client, MessageFollower.MostAtOnce), ct);
                var counted = limits.Count(client, entered);
                // Without a cursor it is told now or never.
                return after is null ? entered : counted;
            },
            ct);
        metrics.Polled(first is null ? "refused" : first.Messages.Count > 0 ? "news" : "nothing");
        if (first is null)
        {
            return refusal!;
        }

        if (IsOver(first))
        {
            return TypedResults.NoContent();
        }

        history.Note(User, first.SessionId, first.Messages, after);
        var told = await answers.OfAsync(first, waited: true, ct);
        return new EventsResult(told, follower.FollowAsync(right, caller, client, told with { Messages = [] }, isHead ? TimeSpan.Zero : Lifetime(request.Wait, User, time), HttpContext.Abort, ct));
    }

    /// <summary>Closed, and nothing that the caller does not have. An EventSource that is answered 200 would ask again every few seconds for ever.</summary>
    internal static bool IsOver(PollReply reply) => reply is { Status: SessionStatus.Closed, HasMore: false, Messages.Count: 0 };

    /// <summary>Not beyond the caller's token.</summary>
    internal static TimeSpan Lifetime(int? wait, ClaimsPrincipal user, TimeProvider time)
    {
        var asked = TimeSpan.FromSeconds(wait ?? DefaultWait);
        return user.TokenEnds() - time.GetUtcNow() is { } left && left < asked ? (left > TimeSpan.Zero ? left : TimeSpan.Zero) : asked;
    }
}
