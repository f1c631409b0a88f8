using System.Net;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Queue;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(QueueNodes))]
public sealed class ClaimRaceTests(QueueNodes nodes)
{
    [Fact]
    public async Task Three_hundred_calls_go_to_sixteen_operators_once_each_and_in_order()
    {
        await nodes.EmptyAsync();
        var calls = new List<QueueNodes.Waiting>();
        foreach (var several in Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? "billing" : "support").Chunk(20))
        {
            calls.AddRange(await Task.WhenAll(several.Select(nodes.CallAsync)));
        }

        var taken = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => DrainAsync(nodes.Operator())));

        Assert.Equal(calls.Select(call => call.SessionId).Order(), taken.SelectMany(claims => claims).Select(claim => claim.SessionId).Order());
        Assert.True(taken.Count(claims => claims.Count > 0) > 1, "One operator took them all: there was no race.");
        foreach (var claims in taken)
        {
            // Each department gives its calls in the order of their first call time. Between departments another operator may come first.
            foreach (var department in claims.GroupBy(claim => claim.Department))
            {
                Assert.Equal(department.Select(claim => claim.CalledAt).Order(StringComparer.Ordinal), department.Select(claim => claim.CalledAt));
            }
        }

        Assert.Equal(0, await nodes.Database.KeyExistsAsync([.. Keys.OfQueue("support"), .. Keys.OfQueue("billing")]));
    }

    [Fact]
    public async Task Sixteen_operators_that_want_one_call_leave_it_to_one_of_them()
    {
        for (var round = 0; round < 5; round++)
        {
            await nodes.EmptyAsync();
            var session = (await nodes.CallAsync()).SessionId;

            var claims = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => nodes.Operator().PostAsync("operator/calls/claim", new { sessionId = session })));

            Assert.Single(claims, claim => claim.Status == HttpStatusCode.OK);
            Assert.All(claims.Where(claim => claim.Status != HttpStatusCode.OK), claim => claim.ExpectProblem(409, "already_claimed"));
            Assert.Equal(0, await nodes.Database.KeyExistsAsync(Keys.OfQueue("support")));
        }
    }

    [Fact]
    public async Task Calls_that_end_while_they_are_claimed_are_either_claimed_or_ended_and_never_both()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(60);

        var leaving = Task.WhenAll(calls.Select(call => call.Visitor.PostAsync("chat/session/close")));
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => DrainAsync(nodes.Operator())));
        await leaving;

        var claimed = taken.SelectMany(claims => claims).Select(claim => claim.SessionId).ToList();
        Assert.Equal(claimed.Distinct(), claimed);
        foreach (var call in calls)
        {
            var events = (await call.Visitor.GetAsync("chat/history"))["messages"]!.AsArray().Select(message => (string?)message!["event"]);
            string[] expected = claimed.Contains(call.SessionId) ? ["operator_called", "operator_joined", "closed"] : ["operator_called", "closed"];
            Assert.Equal(expected, events);
        }

        Assert.Equal(0, await nodes.Database.KeyExistsAsync(Keys.OfQueue("support")));
    }

    [Fact]
    public async Task What_an_operator_claims_stays_among_its_sessions_however_often_it_lists_them_meanwhile()
    {
        await nodes.EmptyAsync();
        var dana = nodes.Operator();
        using var done = new CancellationTokenSource();
        var listing = Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
        {
            while (!done.IsCancellationRequested)
            {
                await dana.GetAsync("operator/sessions");
            }
        }));

        for (var round = 0; round < 30; round++)
        {
            var call = await nodes.CallAsync();
            (await dana.PostAsync("operator/calls/claim")).Expect(HttpStatusCode.OK);
            Assert.Equal(call.SessionId, (string?)Assert.Single((await dana.GetAsync("operator/sessions"))["sessions"]!.AsArray())!["sessionId"]);
            await dana.PostAsync($"operator/sessions/{call.SessionId}/close");
        }

        await done.CancelAsync();
        await listing;
        Assert.Equal(30, (await dana.GetAsync("operator/sessions?state=closed"))["sessions"]!.AsArray().Count);
    }

    /// <summary>Claims and closes until nobody waits.</summary>
    private static async Task<List<(string SessionId, string Department, string CalledAt)>> DrainAsync(QueueClient @operator)
    {
        var taken = new List<(string SessionId, string Department, string CalledAt)>();
        while (await @operator.PostAsync("operator/calls/claim") is { Status: not HttpStatusCode.NoContent } claim)
        {
            var session = (string)claim.Expect(HttpStatusCode.OK)["sessionId"]!;
            taken.Add((session, (string)claim["department"]!, (string)claim["calledAt"]!));
            (await @operator.PostAsync($"operator/sessions/{session}/close")).Expect(HttpStatusCode.OK);
        }

        return taken;
    }
}
