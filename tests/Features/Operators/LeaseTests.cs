using System.Net;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>Leases run out in real time here: it is the promise "within lease + 1 s" that is measured.</summary>
public sealed class LeaseTests(ShortLeaseNodes desk) : DeskTest(desk), IClassFixture<ShortLeaseNodes>
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(ShortLeaseNodes.LeaseSeconds);
    private static readonly TimeSpan Promise = Lease + TimeSpan.FromSeconds(1);

    /// <summary>What a machine that runs other tests at the same time may add to a timer of half a second.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task The_call_of_an_operator_that_vanishes_is_first_in_the_queue_again_within_the_lease_and_a_second()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallAsync();
        await Desk.CallAsync();
        var claim = (await dana.ClaimAsync()).Expect(HttpStatusCode.OK);
        Assert.Equal((call.SessionId, ShortLeaseNodes.LeaseSeconds), ((string?)claim["sessionId"], (int)claim["leaseSeconds"]!));
        var lastCall = DateTimeOffset.FromUnixTimeMilliseconds((long)(await Desk.Database.SortedSetScoreAsync(Keys.OfRoster()[0], dana.Id))!);
        var started = TimeProvider.System.GetTimestamp();
        var cursor = (string?)(await call.Visitor.PollAsync())["cursor"];

        var poll = await call.Visitor.PollAsync($"after={cursor}&wait=25");

        var arrived = TimeProvider.System.GetElapsedTime(started);
        Assert.InRange(arrived, Lease - TimeSpan.FromSeconds(1), Promise + Tolerance);
        var left = Assert.Single(poll["messages"]!.AsArray())!;
        Assert.Equal("operator_left", (string?)left["event"]);
        Assert.InRange((DateTimeOffset)left["sentAt"]! - lastCall, Lease, Promise + Tolerance);
        Assert.Equal(("waiting", 1), ((string?)poll["status"], (int)poll["queue"]!["position"]!));
        Assert.Null(poll["operator"]);
        var front = (await Desk.Operator().GetAsync("operator/calls"))["calls"]![0]!;
        Assert.Equal((call.SessionId, call.CalledAt), ((string?)front["sessionId"], (string?)front["calledAt"]));
        (await dana.SayAsync("I am back", call.SessionId)).ExpectProblem(403, "not_assigned");
        Assert.Empty(await dana.MineAsync());
    }

    [Fact]
    public async Task Any_call_of_an_operator_renews_its_leases()
    {
        var polling = await HolderAsync(static (o, s) => o.GetAsync($"chat/poll?sessionId={s}"));
        var saying = await HolderAsync(static (o, s) => o.SayAsync("Still with you.", s));
        var listing = await HolderAsync(static (o, _) => o.GetAsync("operator/sessions"));
        var reading = await HolderAsync(static (o, _) => o.GetAsync("operator/canned-replies"));
        var watching = await HolderAsync(static (o, _) => o.GetAsync("operator/poll"));
        var silent = await HolderAsync(static (_, _) => Task.FromResult<Answer>(null!));
        Holder[] renewing = [polling, saying, listing, reading, watching];

        // Until the one that calls no more has lost its call: longer than the lease.
        await EventuallyAsync("the silent one loses its call", async () =>
        {
            await Task.WhenAll(renewing.Select(holder => holder.Renew(holder.Operator, holder.Call.SessionId)));
            return (await silent.Call.StandingAsync()).Status == "waiting";
        });

        foreach (var holder in renewing)
        {
            Assert.Equal(["operator_called", "operator_joined"], await holder.Call.EventsAsync());
            Assert.Equal([holder.Call.SessionId], await holder.Operator.MineAsync());
        }
    }

    [Theory]
    [InlineData("POST", "operator/calls/claim?wait=8")]
    [InlineData("GET", "operator/poll?wait=8&after=")]
    [InlineData("GET", "chat/poll?wait=8&sessionId=")]
    public async Task An_operator_that_waits_longer_than_the_lease_is_there_all_the_time(string method, string path)
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        var cursor = (string?)(await dana.GetAsync("operator/poll"))["cursor"];
        var last = (string?)(await call.Visitor.PollAsync())["cursor"];
        path = path.EndsWith("after=", StringComparison.Ordinal) ? path + cursor
            : path.EndsWith("sessionId=", StringComparison.Ordinal) ? $"{path}{call.SessionId}&after={last}"
            : path;
        var started = TimeProvider.System.GetTimestamp();

        var answer = await dana.SendAsync(new HttpMethod(method), path);

        Assert.InRange(TimeProvider.System.GetElapsedTime(started), Promise, TimeSpan.FromSeconds(8) + Tolerance);
        Assert.Equal(method == "POST" ? HttpStatusCode.NoContent : HttpStatusCode.OK, answer.Status);
        Assert.Equal(["operator_called", "operator_joined"], await call.EventsAsync());
        Assert.Equal([call.SessionId], await dana.MineAsync());
    }

    private async Task<Holder> HolderAsync(Func<DeskCaller, string, Task<Answer>> renew)
    {
        var @operator = Desk.Operator();
        return new Holder(@operator, await Desk.CallHeldByAsync(@operator), renew);
    }

    private sealed record Holder(DeskCaller Operator, DeskCall Call, Func<DeskCaller, string, Task<Answer>> Renew);
}

/// <summary>Nodes with the shortest lease there may be.</summary>
public sealed class ShortLeaseNodes(ChatNodes shared) : DeskNodes(shared, ("Chat:OperatorLeaseSeconds", $"{LeaseSeconds}"))
{
    public const int LeaseSeconds = 5;
}
