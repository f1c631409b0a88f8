using System.Globalization;
using System.Net;
using Intotes.Chat.Features;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Operators;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Features.Queue;

/// <summary>Calls whose visitor is no longer there.</summary>
[Collection(nameof(DeskNodes))]
public sealed class QueueGoneTests(DeskNodes desk) : DeskTest(desk)
{
    private const string Elsewhere = "elsewhere", Caller = "AAAAAAAAAAAAAAAAAAAAAA";

    private static readonly TimeSpan AwhileAgo = TimeSpan.FromSeconds(100), LongAgo = TimeSpan.FromMinutes(31);

    [Fact]
    public async Task A_call_whose_visitor_is_gone_is_served_after_the_others_and_gets_its_place_back_with_the_next_poll()
    {
        var (first, second) = (await Desk.CallAsync(), await Desk.CallAsync());
        await UnseenAsync(first, AwhileAgo);

        await SweepAsync();

        var dana = Desk.Operator();
        var calls = (await dana.GetAsync("operator/calls")).Expect(HttpStatusCode.OK);
        Assert.Equal([second.SessionId, first.SessionId], calls.Ids("calls"));
        Assert.Equal([1, 2], calls["calls"]!.AsArray().Select(call => (int)call!["position"]!));
        var seen = DateTimeOffset.Parse((string)calls["calls"]![1]!["visitorSeenAt"]!, CultureInfo.InvariantCulture);
        Assert.InRange(TimeProvider.System.GetUtcNow() - seen, AwhileAgo - TimeSpan.FromSeconds(5), AwhileAgo + TimeSpan.FromSeconds(60));
        Assert.Equal([second.SessionId], (await dana.GetAsync("operator/calls?limit=1")).Ids("calls"));
        Assert.Equal([first.SessionId], (await dana.GetAsync($"operator/calls?limit=1&after={(await dana.GetAsync("operator/calls?limit=1"))["cursor"]}")).Ids("calls"));
        Assert.Equal(2, (int)(await dana.GetAsync("operator/poll"))["queue"]!["waiting"]!);
        await EventuallyAsync("the one that is there is next", async () => (int)(await second.StandingAsync()).Queue!["position"]! == 1);

        await EventuallyAsync("the visitor that is back has its place", async () => (int)(await first.StandingAsync()).Queue!["position"]! == 1);
        await EventuallyAsync("the list follows", async () => (await dana.CallsAsync()).SequenceEqual([first.SessionId, second.SessionId]));
    }

    [Fact]
    public async Task Who_is_there_is_claimed_before_one_that_is_gone_in_any_department()
    {
        var gone = await Desk.CallAsync("billing");
        var there = await Desk.CallAsync("support");
        await UnseenAsync(gone, AwhileAgo, "billing");
        await SweepAsync();
        var dana = Desk.Operator();

        Assert.Equal(there.SessionId, (string?)(await dana.ClaimAsync())["sessionId"]);
        Assert.Equal(gone.SessionId, (string?)(await dana.ClaimAsync())["sessionId"]);
        Assert.Equal(0, await Desk.Database.KeyExistsAsync([.. Keys.OfQueue("billing"), .. Keys.OfQueue("support")]));
    }

    [Theory]
    [InlineData("wanted")]
    [InlineData("close")]
    [InlineData("erase")]
    [InlineData("call")]
    [InlineData("message")]
    public async Task A_call_whose_visitor_is_gone_can_do_and_suffer_what_others_can(string what)
    {
        var (gone, other) = (await Desk.CallAsync(), await Desk.CallAsync());
        await UnseenAsync(gone, AwhileAgo);
        await SweepAsync();

        switch (what)
        {
            case "wanted":
                Assert.Equal(gone.SessionId, (string?)(await Desk.Operator().ClaimAsync(gone.SessionId)).Expect(HttpStatusCode.OK)["sessionId"]);
                break;
            case "close":
                (await gone.Visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
                break;
            case "erase":
                (await gone.Visitor.DeleteAsync("chat/session")).Expect(HttpStatusCode.NoContent);
                break;
            case "call":
                Assert.Equal(gone.CalledAt, (string?)(await gone.Visitor.PostAsync("chat/session/call-operator"))["calledAt"]);
                break;
            default:
                (await gone.Visitor.SayAsync("I am back.")).Expect(HttpStatusCode.Created);
                break;
        }

        var dana = Desk.Operator();
        string[] expected = what is "call" or "message" ? [gone.SessionId, other.SessionId] : [other.SessionId];
        await EventuallyAsync("the queue is as it should be", async () => expected.SequenceEqual(await dana.CallsAsync()));
        Assert.Equal(0, await Desk.Database.SortedSetLengthAsync(Keys.OfQueue("support")[6]));
    }

    [Fact]
    public async Task A_released_session_returns_to_the_front_although_its_visitor_was_gone()
    {
        var (gone, other) = (await Desk.CallAsync(), await Desk.CallAsync());
        await UnseenAsync(gone, AwhileAgo);
        await SweepAsync();
        var dana = Desk.Operator();
        await dana.ClaimAsync(gone.SessionId);

        await dana.ReleaseAsync(gone.SessionId);

        Assert.Equal([gone.SessionId, other.SessionId], await dana.CallsAsync());
    }

    [Fact]
    public async Task A_call_leaves_after_half_an_hour_without_its_visitor_who_may_call_again()
    {
        var (call, other) = (await Desk.CallAsync(), await Desk.CallAsync());
        await UnseenAsync(call, LongAgo);

        await SweepAsync();
        await SweepAsync();

        Assert.Equal([other.SessionId], await Desk.Operator().CallsAsync());
        Assert.Equal(1, await Desk.Database.HashLengthAsync(Keys.OfQueue("support")[1]));
        var poll = (await call.Visitor.PollAsync()).Expect(HttpStatusCode.OK);
        Assert.Equal("open", (string?)poll["status"]);
        Assert.Null(poll["queue"]);
        Assert.Equal(["operator_called", "call_expired"], await call.EventsAsync());
        Assert.Equal("waiting", (string?)(await call.Visitor.PostAsync("chat/session/call-operator")).Expect(HttpStatusCode.OK)["status"]);
        Assert.Equal([other.SessionId, call.SessionId], await Desk.Operator().CallsAsync());
        Assert.Equal(call.SessionId, (string?)(await Desk.Operator().ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK)["sessionId"]);
    }

    [Fact]
    public async Task A_visitor_that_comes_back_just_before_its_call_leaves_keeps_it()
    {
        var queue = Desk.Services(0).GetRequiredService<QueueStore>();
        await EnqueueElsewhereAsync();
        await UnseenAsync(Caller, LongAgo, Elsewhere);
        await queue.SweepAsync(Elsewhere, findsGone: true, 0, Ct);
        Assert.Equal([Caller], (await queue.SweepAsync(Elsewhere, findsGone: true, 0, Ct)).Leaving);

        await queue.SeeAsync(Elsewhere, [Caller], Ct);
        await queue.DropAbandonedAsync(Elsewhere, Caller, Ct);

        Assert.Equal([Caller], await queue.HeadAsync(Elsewhere, 10, Ct));
    }

    [Fact]
    public async Task A_visitor_that_polls_is_told_to_its_queue_every_twenty_seconds_at_most()
    {
        var time = new FakeTimeProvider();
        var watch = ActivatorUtilities.CreateInstance<VisitorWatch>(Desk.Services(0), time);
        await EnqueueElsewhereAsync();
        foreach (var (after, isTold) in new[] { (0, true), (19, false), (1, true), (5, false), (15, true) })
        {
            await UnseenAsync(Caller, AwhileAgo, Elsewhere);
            time.Advance(TimeSpan.FromSeconds(after));
            watch.See(Elsewhere, Caller);
            watch.See(Elsewhere, Caller);
            await watch.TellAsync(Ct);
            Assert.Equal(isTold, await SeenAgoAsync(Caller, Elsewhere) < AwhileAgo / 2);
        }
    }

    [Theory]
    [InlineData("chat/poll?after=0-0")]
    [InlineData("chat/poll")]
    [InlineData("chat/poll?wait=1&after=")]
    [InlineData("chat/events?wait=1&after=")]
    public async Task Every_way_of_polling_shows_that_the_visitor_is_there(string path)
    {
        var call = await Desk.CallAsync();
        await UnseenAsync(call.SessionId, AwhileAgo);
        var after = path.EndsWith('=') ? $"{DateTimeOffset.Parse(call.CalledAt, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds() + 1000}-0" : "";

        (await call.Visitor.GetAsync(path + after)).Expect(HttpStatusCode.OK);

        await EventuallyAsync("the queue knows", async () => await SeenAgoAsync(call.SessionId) < AwhileAgo / 2);
    }

    [Fact]
    public async Task After_a_start_and_after_a_time_without_Redis_nobody_is_gone_before_they_could_be_seen()
    {
        var (time, services) = (new FakeTimeProvider(), Desk.Services(0));
        var queue = services.GetRequiredService<QueueStore>();
        using var departments = new Departments(
            queue, services.GetRequiredService<DepartmentStore>(), Options.Create(new ChatOptions { Departments = [Elsewhere] }), time, NullLogger<Departments>.Instance);
        var sweeper = ActivatorUtilities.CreateInstance<QueueSweeper>(services, time, departments);
        await EnqueueElsewhereAsync();
        for (var start = 0; start < 2; start++)
        {
            await UnseenAsync(Caller, AwhileAgo, Elsewhere);
            for (var passed = TimeSpan.Zero; passed < TimeSpan.FromSeconds(90); passed += TimeSpan.FromSeconds(9))
            {
                await sweeper.SweepAsync(Ct);
                Assert.False(await queue.IsGoneAsync(Elsewhere, Caller, Ct));
                time.Advance(TimeSpan.FromSeconds(9));
            }

            await sweeper.SweepAsync(Ct);
            Assert.True(await queue.IsGoneAsync(Elsewhere, Caller, Ct));
            await queue.SeeAsync(Elsewhere, [Caller], Ct);
            time.Advance(TimeSpan.FromSeconds(11));
        }
    }

    [Fact]
    public async Task A_time_that_lies_ahead_because_the_clock_was_set_back_counts_as_now()
    {
        var call = await Desk.CallAsync();
        await UnseenAsync(call, TimeSpan.FromMinutes(-10));

        await SweepAsync();

        Assert.InRange(await SeenAgoAsync(call.SessionId), TimeSpan.FromSeconds(-5), TimeSpan.FromSeconds(60));
    }

    private Task SweepAsync() => Desk.Services(0).GetRequiredService<QueueSweeper>().SweepAsync(findsGone: true, Ct);

    /// <summary>A call in a queue that no node sweeps by itself; its session is there.</summary>
    private async Task EnqueueElsewhereAsync()
    {
        await Desk.Database.HashSetAsync(Keys.Session(Caller), [new("status", "waiting"), new("created", 1)]);
        await Desk.Services(0).GetRequiredService<QueueStore>().EnqueueAsync(Elsewhere, Caller, TimeProvider.System.GetUtcNow(), WaitEstimate.Unknown, Ct);
    }

    private Task UnseenAsync(DeskCall call, TimeSpan ago, string department = "support") => UnseenAsync(call.SessionId, ago, department);

    private async Task UnseenAsync(string sessionId, TimeSpan ago, string department = "support")
    {
        foreach (var node in (int[])[0, 1])
        {
            // What the node noted until now is told before. A script behind it on the same connection, for a round of the node's own that is under way.
            await Desk.Services(node).GetRequiredService<VisitorWatch>().TellAsync(Ct);
            await Desk.Services(node).GetRequiredService<QueueStore>().SeeAsync(department, ["nobody"], Ct);
        }

        await Desk.Database.SortedSetAddAsync(Keys.OfQueue(department)[5], sessionId, (TimeProvider.System.GetUtcNow() - ago).ToUnixTimeMilliseconds());
    }

    private async Task<TimeSpan> SeenAgoAsync(string sessionId, string department = "support") =>
        TimeProvider.System.GetUtcNow()
        - DateTimeOffset.FromUnixTimeMilliseconds((long)((await Desk.Database.SortedSetScoreAsync(Keys.OfQueue(department)[5], sessionId))! % 100_000_000_000_000));
}
