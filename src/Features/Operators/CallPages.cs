using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>A call that waits, with its session.</summary>
public sealed record ListedCall(QueuedCall Call, SessionSummary Summary);

/// <param name="Total">Calls in all queues.</param>
/// <param name="TakenAt">By the clock of Redis, as all stored times.</param>
/// <param name="Last">The cursor after which the next page begins.</param>
public sealed record CallPage(IReadOnlyList<ListedCall> Calls, int Total, DateTimeOffset TakenAt, CallCursor? Last, bool HasMore);

/// <summary>
/// Pages of the waiting calls over all departments, in the order of service. All consoles of a node share what it reads. Of each queue no more is read than
/// the page may need, and only the sessions of the page.
/// </summary>
public sealed class CallPages
{
    /// <summary>Times that a page goes on where calls turned out to be dead, and how many it then looks at, at least.</summary>
    private const int MostTries = 10, LeastAgain = 100;

    private readonly QueueStore queue;
    private readonly SummaryStore summaries;
    private readonly SharedReads<(int Limit, CallCursor? After, string Departments), CallPage> pages;

    public CallPages(QueueStore queue, SummaryStore summaries)
    {
        (this.queue, this.summaries) = (queue, summaries);
        pages = new((key, ct) => CollectAsync(key.Departments.Split(',', StringSplitOptions.RemoveEmptyEntries), key.Limit, key.After, ct));
    }

    /// <summary>The calls of these departments after the cursor, in the turn of the operator that asks.</summary>
    public Task<CallPage> ReadAsync(Caller.Operator caller, IEnumerable<string> departments, int limit, CallCursor? after, CancellationToken ct) =>
        pages.ReadAsync((limit, after, string.Join(',', departments)), caller.Id, ct);

    private async Task<CallPage> CollectAsync(string[] departments, int limit, CallCursor? after, CancellationToken ct)
    {
        var calls = new List<ListedCall>();
        for (var tries = 1; ; tries++)
        {
            var needed = limit - calls.Count;
            var looks = tries == 1 ? needed : Math.Max(needed, LeastAgain);
            var (next, queues) = await NextAsync(departments, looks, after, ct);
            var some = next.Take(looks).ToList();
            var listed = await WithSessionsAsync(some, ct);
            calls.AddRange(listed.Take(needed));
            var isCut = listed.Count > needed;
            after = isCut ? calls[^1].Call.Cursor : some.Count > 0 ? some[^1].Cursor : after;
            var hasMore = isCut || next.Count > looks;
            if (calls.Count == limit || !hasMore || tries == MostTries)
            {
                return new CallPage(calls, queues.Sum(q => q.Count), queues.Length > 0 ? queues.Max(q => q.TakenAt) : default, after, hasMore);
            }
        }
    }

    /// <summary>The next calls over all departments, and one more where there are.</summary>
    private async Task<(IReadOnlyList<QueuedCall> Calls, QueuePage[] Queues)> NextAsync(string[] departments, int needed, CallCursor? after, CancellationToken ct)
    {
        // The call that the cursor names, and the one more that tells whether there are further ones.
        var queues = await Task.WhenAll(departments.Select(department => queue.PageAsync(department, after, needed + 2, ct)));
        var next = queues.SelectMany(q => q.Calls).Where(call => after is not { } last || call.Cursor.CompareTo(last) > 0);
        return ([.. next.OrderBy(call => call.Cursor)], queues);
    }

    /// <summary>Those whose session waits. Calls whose session has ended, or does not wait any more, leave the queue, so that the next list does not meet them again.</summary>
    private async Task<IReadOnlyList<ListedCall>> WithSessionsAsync(IReadOnlyList<QueuedCall> calls, CancellationToken ct)
    {
        var (listed, dead) = (new List<ListedCall>(), new List<QueuedCall>());
        var found = await summaries.FindEachAsync([.. calls.Select(call => call.SessionId)], ct);
        foreach (var (call, summary) in calls.Zip(found))
        {
            if (summary is { Session: { Status: SessionStatus.Waiting, CalledAt: not null } session } && session.Department == call.Department)
            {
                listed.Add(new ListedCall(call, summary));
            }
            else if (summary?.Session.Status is null or SessionStatus.Closed or SessionStatus.Open)
            {
                dead.Add(call);
            }
        }

        foreach (var department in dead.GroupBy(call => call.Department))
        {
            await queue.DropAsync(department.Key, [.. department.Select(call => call.SessionId)], ct);
        }

        return listed;
    }
}
