using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <param name="VisitorSeenAt">When the visitor of a waiting session was last seen.</param>
public sealed record ListedSession(SessionSummary Summary, DateTimeOffset? VisitorSeenAt);

public sealed record SessionPage(IReadOnlyList<ListedSession> Sessions, bool HasMore);

/// <summary>Pages of sessions by their state: an index says which, and only those of the page are read.</summary>
public sealed class SessionPages
{
    /// <summary>Times that a page goes on where the index names sessions that are not so, and how many it then looks at, at least.</summary>
    private const int MostTries = 10, LeastAgain = 200;

    /// <summary>Operators whose closed sessions are merged: those that called last.</summary>
    private const int MostOperators = 1000;

    private readonly RosterStore roster;
    private readonly SessionStore sessions;
    private readonly SummaryStore summaries;
    private readonly QueueStore queue;
    private readonly CallPages calls;
    private readonly SharedReads<Key, SessionPage?> pages;

    public SessionPages(RosterStore roster, SessionStore sessions, SummaryStore summaries, QueueStore queue, CallPages calls)
    {
        (this.roster, this.sessions, this.summaries, this.queue, this.calls) = (roster, sessions, summaries, queue, calls);
        pages = new((key, ct) => key.IsClosed ? CollectClosedAsync(key, ct) : CollectHeldAsync(key, ct));
    }

    /// <param name="OperatorId">Null for all.</param>
    /// <param name="Departments">Those wanted, separated by commas; null for all.</param>
    private readonly record struct Key(bool IsClosed, string? OperatorId, int Limit, string? Before, string? Departments)
    {
        public bool Wants(SessionSummary found) => Departments is null || found.Session.Department is not { } department || Departments.Split(',').Contains(department);
    }

    /// <summary>Those that wait, in the order of service. Null where there is no session <paramref name="before"/>.</summary>
    public async Task<SessionPage?> WaitingAsync(Caller.Operator caller, IEnumerable<string> departments, int limit, string? before, CancellationToken ct)
    {
        CallCursor? after = null;
        if (before is not null)
        {
            if (await sessions.FindAsync(before, ct) is not { CalledAt: { } calledAt, Department: { } department })
            {
                return null;
            }

            after = new CallCursor(await queue.IsGoneAsync(department, before, ct), Storage.Stored.CallTime(calledAt), before);
        }

        var page = await calls.ReadAsync(caller, departments, limit, after, ct);
        return new SessionPage([.. page.Calls.Select(call => new ListedSession(call.Summary, call.Call.SeenAt))], page.HasMore);
    }

    /// <summary>Those that an operator has, or all operators, by operator. Null where nobody has the session <paramref name="before"/>.</summary>
    /// <param name="caller">Of a supervisor's list only what is in its departments.</param>
    /// <param name="ofAll">Those of all operators.</param>
    /// <param name="limit">Most sessions.</param>
    /// <param name="before">The last session of the page before.</param>
    /// <param name="ct">Ends the call.</param>
    public Task<SessionPage?> HeldAsync(Caller.Operator caller, bool ofAll, int limit, string? before, CancellationToken ct) =>
        pages.ReadAsync(KeyOf(isClosed: false, caller, ofAll, limit, before), caller.Id, ct);

    /// <summary>Those that an operator closed, or all operators, newest first. Null where the session <paramref name="before"/> is not one of them.</summary>
    public Task<SessionPage?> ClosedAsync(Caller.Operator caller, bool ofAll, int limit, string? before, CancellationToken ct) =>
        pages.ReadAsync(KeyOf(isClosed: true, caller, ofAll, limit, before), caller.Id, ct);

    private static Key KeyOf(bool isClosed, Caller.Operator caller, bool ofAll, int limit, string? before) =>
        ofAll && caller.Departments is { } granted ? new Key(isClosed, null, limit, before, string.Join(',', granted))
        : new Key(isClosed, ofAll ? null : caller.Id, limit, before, null);

    private async Task<SessionPage?> CollectHeldAsync(Key key, CancellationToken ct)
    {
        (string, string)? after = null;
        if (key.Before is { } before)
        {
            if ((key.OperatorId ?? (await sessions.FindAsync(before, ct))?.OperatorId) is not { } holder)
            {
                return null;
            }

            after = (holder, before);
        }

        var held = new List<SessionSummary>();
        for (var tries = 1; ; tries++)
        {
            var looks = LooksOf(tries, key.Limit - held.Count);
            var indexed = await roster.HeldAsync(key.OperatorId, after, looks + 1, ct);
            held.AddRange((await summaries.OfHoldersAsync([.. indexed.Take(looks)], ct)).Where(key.Wants));
            if (PageOf(held, key.Limit, indexed.Count > looks, tries) is { } page)
            {
                return page;
            }

            after = indexed[looks - 1];
        }
    }

    private async Task<SessionPage?> CollectClosedAsync(Key key, CancellationToken ct)
    {
        ClosedMark? after = null;
        if (key.Before is { } before)
        {
            var closer = key.OperatorId ?? (await sessions.FindAsync(before, ct))?.OperatorId;
            if (closer is null || (after = await roster.MarkOfEndedAsync(closer, before, ct)) is null)
            {
                return null;
            }
        }

        string[] operators = key.OperatorId is { } one ? [one] : [.. (await roster.ReadAsync(ct)).Take(MostOperators).Select(o => o.OperatorId)];
        var closed = new List<SessionSummary>();
        for (var tries = 1; ; tries++)
        {
            var looks = LooksOf(tries, key.Limit - closed.Count);
            var ended = await roster.EndedOfAsync(operators, after, looks + 1, ct);
            closed.AddRange((await summaries.FindAllAsync([.. ended.Take(looks).Select(mark => mark.SessionId)], ct)).Where(key.Wants));
            if (PageOf(closed, key.Limit, ended.Count > looks, tries) is { } page)
            {
                return page;
            }

            after = ended[looks - 1];
        }
    }

    private static int LooksOf(int tries, int needed) => tries == 1 ? needed : Math.Max(needed, LeastAgain);

    /// <summary>The page, once it is full or nothing more is to be looked at. One without a session ends the list: there is no other to go on from.</summary>
    private static SessionPage? PageOf(List<SessionSummary> found, int limit, bool hasMore, int tries) =>
        found.Count >= limit || !hasMore || tries == MostTries
            ? new SessionPage([.. found.Take(limit).Select(session => new ListedSession(session, null))], found.Count > limit || (hasMore && found.Count > 0))
            : null;
}
