using System.Security.Cryptography;
using System.Text;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Operators;

/// <summary>Polls all sessions of an operator at once.</summary>
public sealed class SessionsPoller(
    PollStore store, PollPace pace, RosterStore roster, QueueStore queue, Departments departments)
{
    /// <summary>Most messages of one session in one answer, and no more texts in all than in one poll of a visitor; the rest follows at once.</summary>
    private const int Most = 200;

    /// <summary>So many sessions are read at once. Once the answer is full, of the others it is only read how they stand.</summary>
    private const int AtOnce = 8;

    /// <param name="Sessions">Every session the operator has, and once more each that was closed since. One that is missing is no longer its own.</param>
    /// <param name="Cursor">Send it as <c>after</c> next time.</param>
    /// <param name="NextPollMs">How long to wait before the next poll; 0 when more is there.</param>
    public sealed record Answer(IReadOnlyList<News> Sessions, QueueSummary Queue, string Cursor, int NextPollMs);

    /// <param name="Messages">Those that are new.</param>
    /// <param name="Typing">Whether the visitor is writing.</param>
    /// <param name="ReadUpTo">The last message that the visitor has read.</param>
    /// <param name="PageChanges">How often the visitor has gone to another page; the list of sessions tells to which.</param>
    public sealed record News(string SessionId, SessionStatus Status, IReadOnlyList<Message> Messages, bool Typing, string? ReadUpTo, int PageChanges);

    /// <param name="Waiting">In the operator's departments.</param>
    public sealed record QueueSummary(int Waiting, int? LongestWaitSeconds);

    /// <summary>The state after the cursor, and whether any of it is new.</summary>
    public async Task<(Answer Answer, bool HasNews)> PollAsync(Caller.Operator caller, OperatorCursor after, CancellationToken ct)
    {
        var entry = (await roster.ReadAsync(caller.Id, ct)).As(caller);
        var held = await roster.HeldByAsync(caller.Id, ct);
        var waiting = Task.WhenAll(departments.ServedBy(entry).Select(d => queue.CountAsync(d, ct)));
        var found = new List<PollReply>();
        var left = PollStore.MostBytes;
        foreach (var ids in held.Union(after.Sessions.Keys).Chunk(AtOnce))
        {
            // Reads four entries of each session until the answer has a text, then one, and none once the answer is full.
            var most = left == PollStore.MostBytes ? PollStore.Few : left > 0 ? 1 : 0;
            var polls = await Task.WhenAll(ids.Select(id => PollAsync(id, caller, after, most, ct)));
            foreach (var poll in polls.OfType<PollReply>().Where(p => p.Status == SessionStatus.Active || after.Sessions.ContainsKey(p.SessionId)))
            {
                var some = poll.Within(left, After(after, poll.SessionId));
                var isCut = some.Messages.Count < poll.Messages.Count;
                some = some is { HasMore: true, Messages.Count: PollStore.Few } && !isCut ? await store.ReadOnAsync(some, Most, left, ct) : some;
                left = isCut ? 0 : left - some.TextBytes;
                found.Add(some);
            }
        }

        var queues = await waiting;
        var summary = new QueueSummary(queues.Sum(q => q.Count), (int?)queues.Max(q => q.LongestWait)?.TotalSeconds);
        // A closed one is told to its end.
        var active = found.Where(p => p.Status == SessionStatus.Active || p.HasMore).ToDictionary(p => p.SessionId, p => p.Cursor);
        var hasMore = found.Exists(p => p.HasMore);
        var look = LookOf(found);
        var answer = new Answer(
            [.. found.Select(p => new News(p.SessionId, p.Status, p.Messages, p.Typing, p.ReadUpTo, p.PageChanges))],
            summary,
            new OperatorCursor(summary.Waiting, active, look).ToString(),
            pace.NextPollMs(SessionStatus.Active, hasMore, waited: false));
        var hasNews = summary.Waiting != after.Waiting || look != after.Look || found.Exists(p => p.Messages.Count > 0) || !active.Keys.ToHashSet().SetEquals(after.Sessions.Keys);
        return (answer, hasNews);
    }

    /// <summary>Where news for the operator is announced.</summary>
    public async Task<IReadOnlyList<string>> ChannelsAsync(Caller.Operator caller, CancellationToken ct)
    {
        var entry = (await roster.ReadAsync(caller.Id, ct)).As(caller);
        var held = await roster.HeldByAsync(caller.Id, ct);
        return
        [
            .. held.Select(Keys.Announcements),
            .. departments.ServedBy(entry).Select(Keys.CallsOf),
            Keys.AssignmentsOf(caller.Id),
        ];
    }

    /// <summary>What shows without a message, who writes, what was read and that the page is another, in so few characters that a cursor holds it; the same on every node.</summary>
    private static string LookOf(IEnumerable<PollReply> polls)
    {
        var shown = polls.Where(p => p.Status == SessionStatus.Active).OrderBy(p => p.SessionId, StringComparer.Ordinal).Select(p => $"{p.SessionId} {p.Typing} {p.ReadUpTo} {p.PageChanges}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join('\n', shown))).AsSpan(0, 4));
    }

    private async Task<PollReply?> PollAsync(string sessionId, Caller.Operator caller, OperatorCursor after, int most, CancellationToken ct) =>
        (await store.PollAsync(
            SessionAccess.OfOperator(sessionId, caller), caller, After(after, sessionId), most, ct)).Reply;

    private static string After(OperatorCursor after, string sessionId) => after.Sessions.GetValueOrDefault(sessionId, Cursor.Start);
}
