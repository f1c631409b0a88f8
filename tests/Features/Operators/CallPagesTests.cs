using System.Globalization;
using System.Net;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>The list of waiting calls: its pages, what it costs, and the dead calls that it meets.</summary>
[Collection(nameof(DeskNodes))]
public sealed class CallPagesTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task The_last_message_is_cut_so_that_long_ones_cost_a_list_little()
    {
        const int calls = 20;
        var long_ = string.Concat(Enumerable.Repeat("😀", 4000));
        for (var i = 0; i < calls; i++)
        {
            var call = await Desk.CallAsync();
            for (var message = 0; message < 3; message++)
            {
                (await call.Visitor.SayAsync(long_)).Expect(HttpStatusCode.Created);
            }
        }

        var dana = Desk.Operator();
        var listed = (await dana.GetAsync("operator/calls")).Expect(HttpStatusCode.OK)["calls"]!.AsArray();
        var sent = await LeastSentByRedisAsync(() => dana.GetAsync("operator/calls"));

        Assert.Equal(calls, listed.Count);
        Assert.All(listed, call => Assert.Equal(string.Concat(Enumerable.Repeat("😀", 200)), (string?)call!["lastMessage"]!["text"]));
        Assert.InRange(sent, 1, calls * 2000); // 16,000 for each message, were it read whole
    }

    [Fact]
    public async Task Pages_follow_each_other_over_all_departments()
    {
        var calls = new List<string>();
        foreach (var department in (string[])["support", "billing", "support", "support", "billing", "support", "billing"])
        {
            calls.Add((await Desk.CallAsync(department)).SessionId);
        }

        var dana = Desk.Operator();
        var (seen, positions, cursor, more) = (new List<string>(), new List<int>(), default(string), true);
        while (more)
        {
            var page = (await dana.GetAsync($"operator/calls?limit=3{(cursor is null ? "" : $"&after={cursor}")}")).Expect(HttpStatusCode.OK);
            Assert.Equal(7, (int)page["total"]!);
            seen.AddRange(page.Ids("calls"));
            positions.AddRange(page["calls"]!.AsArray().Select(call => (int)call!["position"]!));
            (cursor, more) = ((string?)page["cursor"], (bool)page["hasMore"]!);
            Assert.Equal(seen.Count < 7, more);
        }

        Assert.Equal(calls, seen);
        Assert.Equal([1, 1, 2, 3, 2, 4, 3], positions);
        var end = (await dana.GetAsync($"operator/calls?after={cursor}")).Expect(HttpStatusCode.OK);
        Assert.Equal((0, false, cursor), (end["calls"]!.AsArray().Count, (bool)end["hasMore"]!, (string?)end["cursor"]));
        foreach (var wrong in (string[])["", "x", "MCAwIDA", "MiAxIEFBQUFBQUFBQUFBQUFBQUFBQUFBQUE"])
        {
            (await dana.GetAsync($"operator/calls?after={wrong}")).ExpectProblem(400, "invalid_cursor");
        }
    }

    [Fact]
    public async Task A_page_goes_on_after_calls_that_leave_meanwhile()
    {
        var calls = new List<DeskCall>();
        for (var i = 0; i < 5; i++)
        {
            calls.Add(await Desk.CallAsync());
        }

        var dana = Desk.Operator();
        var first = await dana.GetAsync("operator/calls?limit=2");
        await dana.ClaimAsync(calls[0].SessionId);
        await dana.ClaimAsync(calls[1].SessionId);
        await calls[2].Visitor.PostAsync("chat/session/close");

        Assert.Equal([calls[3].SessionId, calls[4].SessionId], (await dana.GetAsync($"operator/calls?limit=2&after={first["cursor"]}")).Ids("calls"));
    }

    [Fact]
    public async Task Dead_calls_at_the_head_neither_empty_a_list_nor_stay()
    {
        var calls = new List<DeskCall>();
        for (var i = 0; i < 30; i++)
        {
            calls.Add(await Desk.CallAsync());
        }

        await Desk.Database.KeyDeleteAsync([.. calls[..26].SelectMany(call => Keys.OfSession(call.SessionId)[..3])]);

        Assert.Equal(calls[26..29].Select(call => call.SessionId), (await Desk.Operator().GetAsync("operator/calls?limit=3")).Ids("calls"));
        Assert.Equal(4, await Desk.Database.HashLengthAsync(Keys.OfQueue("support")[1]));
        Assert.Equal(4, await Desk.Database.SortedSetLengthAsync(Keys.OfQueue("support")[5]));
    }

    /// <summary>A visitor that was seen just as its call was abandoned: the session is open, and the call was left.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_whose_session_is_open_again_leaves_by_the_list_or_the_sweep(bool byList)
    {
        var (ghost, other) = (await Desk.CallAsync(), await Desk.CallAsync());
        await Desk.Database.HashSetAsync(Keys.Session(ghost.SessionId), "status", "open");

        if (byList)
        {
            Assert.Equal([other.SessionId], await Desk.Operator().CallsAsync());
        }
        else
        {
            // The first may go on behind the end of an earlier queue.
            for (var sweeps = 0; sweeps < 2; sweeps++)
            {
                await Desk.Services(0).GetRequiredService<QueueSweeper>().SweepAsync(findsGone: false, Ct);
            }
        }

        Assert.Equal([other.SessionId], (await Desk.Database.ListRangeAsync(Keys.OfQueue("support")[0])).Select(id => (string)id!));
    }

    [Fact]
    public async Task Dead_calls_are_removed_by_the_sweep_wherever_they_are_in_the_queue()
    {
        var calls = new List<DeskCall>();
        for (var i = 0; i < 60; i++)
        {
            calls.Add(await Desk.CallAsync());
        }

        await Desk.Database.KeyDeleteAsync([.. calls.Where((_, index) => index % 2 == 1).SelectMany(call => Keys.OfSession(call.SessionId)[..3])]);
        for (var sweeps = 0; sweeps < 3; sweeps++)
        {
            await Desk.Services(0).GetRequiredService<QueueSweeper>().SweepAsync(findsGone: false, Ct);
        }

        Assert.Equal(
            calls.Where((_, index) => index % 2 == 0).Select(call => call.SessionId),
            (await Desk.Database.ListRangeAsync(Keys.OfQueue("support")[0])).Select(id => (string)id!));
        Assert.Equal(30, await Desk.Database.HashLengthAsync(Keys.OfQueue("support")[1]));
    }

    [Fact]
    public async Task A_session_of_an_earlier_version_is_listed_without_its_last_message()
    {
        var call = await Desk.CallAsync();
        await call.Visitor.SayAsync("Hello");
        await Desk.Database.HashDeleteAsync(Keys.Session(call.SessionId), ["last_id", "last_from", "last_name", "last_client", "last_text"]);

        var listed = Assert.Single((await Desk.Operator().GetAsync("operator/calls"))["calls"]!.AsArray())!;
        Assert.Equal(call.SessionId, (string?)listed["sessionId"]);
        Assert.Null(listed["lastMessage"]);
    }

    [Fact]
    public async Task An_operators_poll_and_the_statistics_cost_the_same_however_many_wait()
    {
        var dana = Desk.Operator();
        await dana.ServeAsync("support");
        var few = (await LeastSentByRedisAsync(() => dana.GetAsync("operator/poll")), await LeastSentByRedisAsync(() => dana.GetAsync("operator/stats")));
        await FillAsync(3000);

        var many = (await LeastSentByRedisAsync(() => dana.GetAsync("operator/poll")), await LeastSentByRedisAsync(() => dana.GetAsync("operator/stats")));

        Assert.Equal(3000, (int)(await dana.GetAsync("operator/poll"))["queue"]!["waiting"]!);
        // What the sweeps of both nodes read meanwhile counts too; the ids alone would be 84,000.
        Assert.InRange(many.Item1 - few.Item1, -30_000, 30_000);
        Assert.InRange(many.Item2 - few.Item2, -30_000, 30_000);
    }

    /// <summary>Calls of sessions that are there, as so many visitors leave them.</summary>
    private async Task FillAsync(int count)
    {
        var (keys, now) = (Keys.OfQueue("support"), TimeProvider.System.GetUtcNow());
        var batch = Desk.Database.CreateBatch();
        var writes = new List<Task>();
        for (var i = 0; i < count; i++)
        {
            var (id, called) = (i.ToString("D22", CultureInfo.InvariantCulture), (now.ToUnixTimeMilliseconds() * 1000) + i);
            writes.Add(batch.HashSetAsync(Keys.Session(id), [new("status", "waiting"), new("created", now.ToUnixTimeMilliseconds()), new("department", "support"), new("called", called)]));
            writes.Add(batch.ListRightPushAsync(keys[0], id));
            writes.Add(batch.HashSetAsync(keys[1], id, $"{called} - "));
            writes.Add(batch.SortedSetAddAsync(keys[5], id, now.ToUnixTimeMilliseconds()));
        }

        batch.Execute();
        await Task.WhenAll(writes);
    }

    /// <summary>Bytes that Redis sends while something is done: the least of several times, for other work of the nodes counts too.</summary>
    private async Task<long> LeastSentByRedisAsync(Func<Task> act)
    {
        var least = long.MaxValue;
        for (var i = 0; i < 6; i++)
        {
            var before = await SentAsync();
            await act();
            least = Math.Min(least, await SentAsync() - before);
        }

        return least;
    }

    private async Task<long> SentAsync()
    {
        var stats = (string)(await Desk.Database.ExecuteAsync("INFO", "stats"))!;
        const string name = "total_net_output_bytes:";
        var at = stats.IndexOf(name, StringComparison.Ordinal) + name.Length;
        return long.Parse(stats.AsSpan(at, stats.IndexOf('\r', at) - at), CultureInfo.InvariantCulture);
    }
}
