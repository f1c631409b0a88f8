using Intotes.Chat.Features.Operators;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Operators.Race;

/// <summary>What must hold once a <see cref="QueueRace"/> is over, read from what Redis holds and in the order in which Redis did it.</summary>
/// <param name="called">Every session as it was when it called; the first <paramref name="early"/> waited before anybody claimed.</param>
internal sealed class Aftermath(Desk desk, Ledger ledger, Session[] called, int early)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Dictionary<string, StreamEntry[]>? conversations;

    /// <summary>How some sessions stand and how they came there, for a test that fails.</summary>
    public static async Task<string> DescribeAsync(Desk desk, IEnumerable<string> sessions)
    {
        var lines = new List<string>();
        foreach (var id in sessions.Take(5))
        {
            var session = (await desk.Sessions.FindAsync(id, Ct))!;
            var queue = Keys.OfQueue(session.Department!);
            var isIndexed = session.OperatorId is { } holder && (await desk.Roster.HeldByAsync(holder, Ct)).Contains(id);
            lines.Add($"{id} {session.Status} {session.OperatorId}, queued: {await desk.Redis.HashGetAsync(queue[1], id)}, indexed: {isIndexed}");
            lines.AddRange((await desk.Redis.StreamRangeAsync(Keys.OfSession(id)[1])).Select(e => $"  {e.Id} {e["from"]} {e["name"]}: {e["text"]}"));
        }

        return string.Join('\n', lines);
    }

    /// <summary>No call is lost: each is closed by the one that had it, or by its visitor, or is with the one that keeps it.</summary>
    public async Task EveryCallHasOneEndAsync()
    {
        foreach (var id in called.Select(s => s.Id))
        {
            var session = await desk.Sessions.FindAsync(id, Ct);
            Assert.Equal(ledger.Kept.ContainsKey(id) ? SessionStatus.Active : SessionStatus.Closed, session!.Status);
            if (ledger.Settled[id] is { Length: > 0 } by && !ledger.IsHungUp(id))
            {
                Assert.Equal(by, session.OperatorId);
            }
        }
    }

    /// <summary>
    /// The stream of a session says in what order things happened: one operator joins only after the one before it left, writes only in
    /// between, and nothing comes after the end.
    /// </summary>
    public async Task OnlyWhoHadASessionWroteInItAsync()
    {
        foreach (var (id, entries) in await ConversationsAsync())
        {
            string? holder = null;
            var ended = false;
            foreach (var entry in entries)
            {
                Assert.False(ended, $"{id} went on after its end");
                switch ((string?)entry["from"], (string?)entry["event"])
                {
                    case (_, "operator_joined"):
                        Assert.Null(holder);
                        holder = ((string)entry["text"]!).Split(' ')[0];
                        break;
                    case (_, "operator_left" or "transferred"):
                        Assert.NotNull(holder);
                        holder = null;
                        break;
                    case (_, "closed"):
                        ended = true;
                        break;
                    case ("operator", _):
                        Assert.Equal(holder, (string?)entry["name"]);
                        break;
                }
            }

            Assert.Equal(ledger.Kept.GetValueOrDefault(id), ended ? null : holder);
        }
    }

    /// <summary>Counts, over all sessions, who joined and left when; within one millisecond the leaving counts first.</summary>
    public async Task NobodyEverHadMoreThanItsCapacityAsync()
    {
        var changes = new List<(string Operator, long At, int Change)>();
        foreach (var entries in (await ConversationsAsync()).Values)
        {
            string? holder = null;
            foreach (var entry in entries)
            {
                switch ((string?)entry["event"])
                {
                    case "operator_joined":
                        holder = ((string)entry["text"]!).Split(' ')[0];
                        changes.Add((holder, Stored.TimeOf(entry.Id!).ToUnixTimeMilliseconds(), 1));
                        break;
                    case "operator_left" or "transferred" or "closed" when holder is not null:
                        changes.Add((holder, Stored.TimeOf(entry.Id!).ToUnixTimeMilliseconds(), -1));
                        holder = null;
                        break;
                }
            }
        }

        var most = 0;
        foreach (var of in changes.GroupBy(c => c.Operator))
        {
            var has = 0;
            foreach (var (_, _, change) in of.OrderBy(c => c.At).ThenBy(c => c.Change))
            {
                most = Math.Max(most, has += change);
            }
        }

        Assert.Equal(Ledger.Capacity, most);
    }

    /// <summary>
    /// Of the calls that waited before anybody claimed, each is lent for the first time only after all that were made before it in its department;
    /// deaths and returns change nothing about that. Left out are those that were first lent because somebody wanted just them.
    /// </summary>
    public async Task CallsWereLentInTheOrderInWhichTheyWereMadeAsync()
    {
        foreach (var department in Desk.Departments)
        {
            var calledAt = called[..early].Where(s => s.Department == department).ToDictionary(s => s.Id, s => s.CalledAt!.Value);
            var log = await desk.Redis.ListRangeAsync(FaultyGateway.LendsOf(department));
            var first = log.Select(line => ((string)line!).Split(' ')).DistinctBy(lend => lend[0]).Where(lend => lend[1] == "next" && calledAt.ContainsKey(lend[0])).ToList();
            Assert.True(first.Count > calledAt.Count * 3 / 4, $"{department}: only {first.Count} of {calledAt.Count} were lent as the next");
            for (var i = 1; i < first.Count; i++)
            {
                Assert.True(calledAt[first[i - 1][0]] <= calledAt[first[i][0]], $"{department}: {first[i - 1][0]} was lent before {first[i][0]}");
            }
        }
    }

    /// <summary>The queues are empty down to the last key, once a claim has dropped what the dead left there, and the index is what the sessions say.</summary>
    public async Task NothingIsLeftAsync()
    {
        var caller = new Caller.Operator("last", "last", IsSupervisor: false);
        Assert.Equal(ClaimStatus.NoneWaiting, (await desk.Claimer.ClaimNextAsync(caller, null, Ct)).Status);
        foreach (var key in Desk.Departments.SelectMany(department => Keys.OfQueue(department)[..4]))
        {
            Assert.False(await desk.Redis.KeyExistsAsync(key), $"{key} is not empty");
        }

        await desk.Sweeper.SweepAsync(Ct);
        var held = await desk.Redis.SortedSetRangeByRankAsync(Keys.OfRoster()[2]);
        Assert.Equal(ledger.Kept.Select(k => $"{k.Value}\n{k.Key}").Order(StringComparer.Ordinal), held.Select(m => (string)m!).Order(StringComparer.Ordinal));
    }

    private async Task<Dictionary<string, StreamEntry[]>> ConversationsAsync()
    {
        if (conversations is null)
        {
            var streams = await Task.WhenAll(called.Select(s => desk.Redis.StreamRangeAsync(Keys.OfSession(s.Id)[1])));
            conversations = called.Zip(streams).ToDictionary(c => c.First.Id, c => c.Second);
        }

        return conversations;
    }
}
