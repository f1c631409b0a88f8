using System.Globalization;
using System.Net;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>Pages of <c>GET operator/sessions</c>, and what an index of many sessions costs.</summary>
[Collection(nameof(DeskNodes))]
public sealed class SessionPagesTests(DeskNodes desk) : DeskTest(desk)
{
    [Theory]
    [InlineData("waiting")]
    [InlineData("active")]
    [InlineData("mine")]
    [InlineData("closed")]
    public async Task Pages_of_each_state_are_together_the_whole_list(string state)
    {
        var dana = Desk.Operator();
        await dana.PutAsync("operator/presence", new { capacity = 10 });
        for (var i = 0; i < 7; i++)
        {
            var call = await Desk.CallAsync(i % 2 == 0 ? "support" : "billing");
            if (state != "waiting")
            {
                (await dana.ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK);
            }

            if (state == "closed")
            {
                await dana.PostAsync($"operator/sessions/{call.SessionId}/close");
            }
        }

        var whole = (await dana.GetAsync($"operator/sessions?state={state}")).Ids("sessions");
        Assert.Equal(7, whole.Distinct().Count());
        var (seen, more) = (new List<string>(), true);
        while (more)
        {
            var before = seen.Count == 0 ? "" : $"&before={seen[^1]}";
            var page = (await dana.GetAsync($"operator/sessions?state={state}&limit=3{before}")).Expect(HttpStatusCode.OK);
            seen.AddRange(page.Ids("sessions"));
            more = (bool)page["hasMore"]!;
            Assert.Equal(seen.Count < 7, more);
        }

        Assert.Equal(whole, seen);
    }

    [Fact]
    public async Task Closed_sessions_that_are_gone_neither_hide_others_nor_leave_a_page_without_a_way_on()
    {
        var dana = Desk.Operator();
        var closed = new List<string>();
        for (var i = 0; i < 15; i++)
        {
            var call = await Desk.CallHeldByAsync(dana);
            (await dana.PostAsync($"operator/sessions/{call.SessionId}/close")).Expect(HttpStatusCode.OK);
            closed.Add(call.SessionId);
        }

        // Newest first: one that is there, then thirteen that are gone, and one that is there again.
        await Desk.Database.KeyDeleteAsync([.. closed[1..14].SelectMany(id => Keys.OfSession(id)[..3])]);
        var next = (await dana.GetAsync($"operator/sessions?state=closed&limit=1&before={closed[14]}")).Expect(HttpStatusCode.OK);
        Assert.Equal([closed[0]], next.Ids("sessions"));

        await Desk.Database.KeyDeleteAsync([.. Keys.OfSession(closed[0])[..3]]);
        var last = (await dana.GetAsync($"operator/sessions?state=closed&limit=1&before={closed[14]}")).Expect(HttpStatusCode.OK);
        Assert.Empty(last.Ids("sessions"));
        Assert.False((bool)last["hasMore"]!);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("before=x", "before")]
    [InlineData("state=closed&before=AAAAAAAAAAAAAAAAAAAAAA", "before")]
    [InlineData("state=waiting&before=AAAAAAAAAAAAAAAAAAAAAA", "before")]
    public async Task A_page_that_cannot_be_is_refused_by_name(string query, string field) =>
        (await Desk.Operator().GetAsync($"operator/sessions?{query}")).ExpectInvalid(field);

    [Fact]
    public async Task A_waiting_session_says_when_its_visitor_was_seen()
    {
        var call = await Desk.CallAsync();

        var listed = Assert.Single((await Desk.Operator().GetAsync("operator/sessions?state=waiting"))["sessions"]!.AsArray())!;

        Assert.Equal(call.SessionId, (string?)listed["sessionId"]);
        var seen = DateTimeOffset.Parse((string)listed["visitorSeenAt"]!, CultureInfo.InvariantCulture);
        Assert.InRange(TimeProvider.System.GetUtcNow() - seen, TimeSpan.FromSeconds(-5), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_supervisor_reads_of_many_closed_sessions_only_the_page()
    {
        const int operators = 20, each = 40, limit = 10;
        var expected = await CloseManyAsync(operators, each);
        var sue = Desk.Supervisor();

        var before = await CallsAsync("hgetall");
        var first = (await sue.GetAsync($"operator/sessions?state=closed&limit={limit}")).Expect(HttpStatusCode.OK);
        var second = (await sue.GetAsync($"operator/sessions?state=closed&limit={limit}&before={first.Ids("sessions")[^1]}")).Expect(HttpStatusCode.OK);
        var read = await CallsAsync("hgetall") - before;

        Assert.Equal(expected[..(2 * limit)], [.. first.Ids("sessions"), .. second.Ids("sessions")]);
        Assert.True((bool)second["hasMore"]!);
        Assert.InRange(read, 2 * limit, (2 * limit) + 5);
    }

    [Fact]
    public async Task Erased_sessions_do_not_shorten_a_page()
    {
        var expected = await CloseManyAsync(3, 20);
        await Desk.Database.KeyDeleteAsync([.. expected[..25].Select(id => (RedisKey)Keys.Session(id))]);

        var page = (await Desk.Supervisor().GetAsync("operator/sessions?state=closed&limit=10")).Expect(HttpStatusCode.OK);

        Assert.Equal(expected[25..35], page.Ids("sessions"));
    }

    [Fact]
    public async Task A_sweep_costs_the_same_however_much_operators_hold()
    {
        await HoldManyAsync(operators: 400, each: 5);
        var least = long.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var before = await CallsAsync("zscore");
            await Desk.Services(0).GetRequiredService<RosterStore>().OverdueAsync(SweepMark.Start, 100, Ct);
            least = Math.Min(least, await CallsAsync("zscore") - before);
        }

        // Two nodes sweep meanwhile, a hundred each; it was every session that somebody has.
        Assert.InRange(least, 0, 500);
    }

    [Fact]
    public async Task A_sweep_finds_at_once_whose_lease_ran_out_and_after_some_rounds_who_is_not_known_at_all()
    {
        await HoldManyAsync(operators: 60, each: 5);
        var store = Desk.Services(0).GetRequiredService<RosterStore>();
        var roster = Keys.OfRoster();
        var mark = (await store.OverdueAsync(SweepMark.Start, 100, Ct)).Next;
        await Desk.Database.SortedSetRemoveAsync(roster[0], "operator-59");
        var due = long.Parse(mark.LastCall, CultureInfo.InvariantCulture) + 1;
        await Desk.Database.SortedSetAddAsync(roster[0], "operator-58", due);
        await EventuallyAsync("Redis's clock goes on", async () => (await store.OverdueAsync(mark with { Member = "operator-00\n" }, 1, Ct)).At.ToUnixTimeMilliseconds() > due + 60_000);

        var overdue = await store.OverdueAsync(mark, 100, Ct);
        Assert.Equal(5, overdue.Sessions.Count(s => s.OperatorId == "operator-58"));
        var unknown = new HashSet<string>();
        for (var rounds = 0; rounds < 4; rounds++)
        {
            unknown.UnionWith(overdue.Sessions.Where(s => s.OperatorId == "operator-59").Select(s => s.SessionId));
            overdue = await store.OverdueAsync(overdue.Next, 100, Ct);
        }

        Assert.Equal(5, unknown.Count);
    }

    /// <summary>Sessions that operators closed, newest first.</summary>
    private async Task<List<string>> CloseManyAsync(int operators, int each)
    {
        var (now, closed) = (TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), new List<(string Id, long At)>());
        var batch = Desk.Database.CreateBatch();
        var writes = new List<Task>();
        for (var i = 0; i < operators * each; i++)
        {
            var (by, id, at) = ($"operator-{i % operators}", i.ToString("D22", CultureInfo.InvariantCulture), now - (i / 3 * 1000)); // three at the same time
            writes.Add(batch.SortedSetAddAsync(Keys.OfRoster()[0], by, now));
            writes.Add(batch.SortedSetAddAsync(Keys.ClosedBy(by), id, at));
            writes.Add(batch.HashSetAsync(Keys.Session(id), [new("status", "closed"), new("created", now), new("operator", by), new("closed", at)]));
            closed.Add((id, at));
        }

        batch.Execute();
        await Task.WhenAll(writes);
        return [.. closed.OrderByDescending(c => c.At).ThenByDescending(c => c.Id, StringComparer.Ordinal).Select(c => c.Id)];
    }

    private async Task HoldManyAsync(int operators, int each)
    {
        var (now, roster) = (TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), Keys.OfRoster());
        var batch = Desk.Database.CreateBatch();
        var writes = new List<Task>();
        for (var i = 0; i < operators; i++)
        {
            var by = $"operator-{i:D2}";
            writes.Add(batch.SortedSetAddAsync(roster[0], by, now));
            for (var session = 0; session < each; session++)
            {
                var id = ((i * each) + session).ToString("D22", CultureInfo.InvariantCulture);
                writes.Add(batch.SortedSetAddAsync(roster[2], $"{by}\n{id}", 0));
                writes.Add(batch.HashSetAsync(Keys.Session(id), [new("status", "active"), new("created", now), new("operator", by), new("department", "support"), new("called", now * 1000), new("joined", now)]));
            }
        }

        batch.Execute();
        await Task.WhenAll(writes);
    }

    /// <summary>How often Redis has run a command, in scripts too.</summary>
    private async Task<long> CallsAsync(string command)
    {
        var stats = (string)(await Desk.Database.ExecuteAsync("INFO", "commandstats"))!;
        var name = $"cmdstat_{command}:calls=";
        var at = stats.IndexOf(name, StringComparison.Ordinal);
        return at < 0 ? 0 : long.Parse(stats.AsSpan(at + name.Length, stats.IndexOf(',', at) - at - name.Length), CultureInfo.InvariantCulture);
    }
}
