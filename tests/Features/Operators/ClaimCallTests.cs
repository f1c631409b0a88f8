using System.Net;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Queue;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(QueueNodes))]
public sealed class ClaimCallTests(QueueNodes nodes)
{
    [Fact]
    public async Task Takes_the_call_that_waited_longest_over_all_departments()
    {
        await nodes.EmptyAsync();
        string[] departments = ["billing", "support", "support", "billing"];
        var calls = new List<string>();
        foreach (var department in departments)
        {
            calls.Add((await nodes.CallAsync(department)).SessionId);
        }

        var dana = nodes.Operator();
        var claimed = new List<string>();
        for (var i = 0; i < calls.Count; i++)
        {
            claimed.Add((string)(await dana.PostAsync("operator/calls/claim")).Expect(HttpStatusCode.OK)["sessionId"]!);
        }

        Assert.Equal(calls, claimed);
        (await dana.PostAsync("operator/calls/claim")).Expect(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task There_is_no_content_where_nobody_waits()
    {
        await nodes.EmptyAsync();

        foreach (var body in new object?[] { null, new { }, new { sessionId = (string?)null } })
        {
            Assert.Null((await nodes.Operator().PostAsync("operator/calls/claim", body)).Expect(HttpStatusCode.NoContent).Body);
        }
    }

    [Fact]
    public async Task The_claimed_session_is_the_operators_and_the_visitor_sees_who_came()
    {
        await nodes.EmptyAsync();
        var call = await nodes.CallAsync();
        await call.Visitor.PostAsync("chat/message", new { text = "Hello?" });
        var dana = nodes.Operator();

        var claimed = (await dana.PostAsync("operator/calls/claim")).Expect(HttpStatusCode.OK);

        Assert.Equal((call.SessionId, "active"), ((string?)claimed["sessionId"], (string?)claimed["status"]));
        Assert.Equal((string?)call.Call["calledAt"], (string?)claimed["calledAt"]);
        Assert.Equal("Hello?", (string?)claimed["lastMessage"]!["text"]);
        Assert.Equal(60, (int)claimed["leaseSeconds"]!);
        var poll = await call.Visitor.GetAsync("chat/poll?after=0-0");
        Assert.Equal(("active", "Dana"), ((string?)poll["status"], (string?)poll["operator"]!["name"]));
        var joined = poll["messages"]!.AsArray()[^1]!;
        Assert.Equal(("system", "operator_joined"), ((string?)joined["sender"], (string?)joined["event"]));
        Assert.Contains("Dana", (string)joined["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wanted_call_is_taken_out_of_the_middle()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(3);
        var dana = nodes.Operator();

        for (var i = 0; i < 2; i++)
        {
            var claimed = (await dana.PostAsync("operator/calls/claim", new { sessionId = calls[1].SessionId })).Expect(HttpStatusCode.OK);
            Assert.Equal((calls[1].SessionId, "active"), ((string?)claimed["sessionId"], (string?)claimed["status"]));
        }

        (await nodes.Operator().PostAsync("operator/calls/claim", new { sessionId = calls[1].SessionId })).ExpectProblem(409, "already_claimed");
        Assert.Equal([calls[0].SessionId, calls[2].SessionId], await nodes.QueueAsync());
        Assert.Single((await dana.GetAsync("operator/sessions"))["sessions"]!.AsArray());
        Assert.Equal(2, (await calls[1].Visitor.GetAsync("chat/history"))["messages"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_session_that_does_not_wait_cannot_be_claimed()
    {
        await nodes.EmptyAsync();
        var open = nodes.Anonymous();
        var session = (string)(await open.PostAsync("chat/session"))["sessionId"]!;
        var dana = nodes.Operator();

        foreach (var unknown in new[] { session, "AAAAAAAAAAAAAAAAAAAAAA", "", "no session id", "}:messages", new string('x', 1000) })
        {
            (await dana.PostAsync("operator/calls/claim", new { sessionId = unknown })).ExpectProblem(404, "session_not_found");
        }

        await open.PostAsync("chat/session/close");
        (await dana.PostAsync("operator/calls/claim", new { sessionId = session })).ExpectProblem(409, "session_closed");
        Assert.Empty((await dana.GetAsync("operator/sessions"))["sessions"]!.AsArray());
    }

    [Fact]
    public async Task An_operator_takes_five_and_the_sixth_call_keeps_its_place()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(7);
        var dana = nodes.Operator();
        for (var i = 0; i < 5; i++)
        {
            (await dana.PostAsync("operator/calls/claim")).Expect(HttpStatusCode.OK);
        }

        (await dana.PostAsync("operator/calls/claim")).ExpectProblem(409, "at_capacity");
        (await dana.PostAsync("operator/calls/claim", new { sessionId = calls[6].SessionId })).ExpectProblem(409, "at_capacity");
        Assert.Equal([calls[5].SessionId, calls[6].SessionId], await nodes.QueueAsync());

        (await dana.PostAsync($"operator/sessions/{calls[0].SessionId}/close")).Expect(HttpStatusCode.OK);
        Assert.Equal(calls[5].SessionId, (string?)(await dana.PostAsync("operator/calls/claim")).Expect(HttpStatusCode.OK)["sessionId"]);
        Assert.Equal(calls[6].SessionId, (string?)(await nodes.Operator().PostAsync("operator/calls/claim"))["sessionId"]);
    }

    [Fact]
    public async Task Ten_claims_of_one_operator_at_once_stop_at_its_capacity()
    {
        await nodes.EmptyAsync();
        await nodes.CallAsync(10);
        var dana = nodes.Operator();

        var claims = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => dana.PostAsync("operator/calls/claim")));

        Assert.All(claims, claim => Assert.Contains(claim.Status, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.Conflict]));
        var mine = (await dana.GetAsync("operator/sessions"))["sessions"]!.AsArray().Select(session => (string?)session!["sessionId"]).ToList();
        Assert.InRange(mine.Count, 1, 5);
        Assert.Equal(mine.Order(), claims.Where(claim => claim.Status == HttpStatusCode.OK).Select(claim => (string?)claim["sessionId"]).Distinct().Order());
        Assert.Equal(10 - mine.Count, (await nodes.QueueAsync()).Length);
    }

    [Fact]
    public async Task Ten_wanted_calls_claimed_by_one_operator_at_once_are_five_claims_and_the_others_keep_their_order()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(10);
        var dana = nodes.Operator();

        var claims = await Task.WhenAll(calls.Select(call => dana.PostAsync("operator/calls/claim", new { sessionId = call.SessionId })));

        Assert.Equal(5, claims.Count(claim => claim.Status == HttpStatusCode.OK));
        Assert.All(claims.Where(claim => claim.Status != HttpStatusCode.OK), claim => claim.ExpectProblem(409, "at_capacity"));
        Assert.Equal(5, (await dana.GetAsync("operator/sessions"))["sessions"]!.AsArray().Count);
        Assert.Equal(calls.Zip(claims).Where(pair => pair.Second.Status != HttpStatusCode.OK).Select(pair => pair.First.SessionId), await nodes.QueueAsync());
        Assert.Equal(0, await nodes.Database.KeyExistsAsync(Keys.OfQueue("support")[2..4]));
    }

    [Fact]
    public async Task A_call_whose_session_is_gone_is_dropped_and_holds_nobody_up()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(3);
        await nodes.Database.KeyDeleteAsync([.. Keys.OfSession(calls[0].SessionId), .. Keys.OfSession(calls[1].SessionId)]);
        var dana = nodes.Operator();

        Assert.Equal(calls[2].SessionId, (string?)(await dana.PostAsync("operator/calls/claim")).Expect(HttpStatusCode.OK)["sessionId"]);

        Assert.Equal(0, await nodes.Database.KeyExistsAsync(Keys.OfQueue("support")));
        Assert.Single((await dana.GetAsync("operator/sessions"))["sessions"]!.AsArray());
    }

    [Fact]
    public async Task A_call_left_in_the_queue_by_a_session_that_is_closed_or_taken_is_dropped()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(3);
        var entries = await nodes.Database.HashGetAllAsync(Keys.OfQueue("support")[1]);
        await calls[0].Visitor.PostAsync("chat/session/close");
        await nodes.Operator().PostAsync("operator/calls/claim", new { sessionId = calls[1].SessionId });
        await nodes.Database.ListLeftPushAsync(Keys.OfQueue("support")[0], [calls[1].SessionId, calls[0].SessionId]);
        await nodes.Database.HashSetAsync(Keys.OfQueue("support")[1], entries);
        var dana = nodes.Operator();

        Assert.Equal(calls[2].SessionId, (string?)(await dana.PostAsync("operator/calls/claim")).Expect(HttpStatusCode.OK)["sessionId"]);

        Assert.Equal(0, await nodes.Database.KeyExistsAsync(Keys.OfQueue("support")));
        Assert.Single((await dana.GetAsync("operator/sessions"))["sessions"]!.AsArray());
    }

    [Fact]
    public async Task A_claim_that_never_came_through_returns_the_call_to_its_place()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(3);
        await LendAsync("operator that died", calls[1].SessionId, milliseconds: 60_000);
        (await nodes.Operator().PostAsync("operator/calls/claim", new { sessionId = calls[1].SessionId })).ExpectProblem(409, "already_claimed");
        Assert.Equal([calls[0].SessionId, calls[2].SessionId], await nodes.QueueAsync());

        await nodes.Database.SortedSetAddAsync(Keys.OfQueue("support")[2], calls[1].SessionId, 1);

        foreach (var call in calls)
        {
            var claimed = (await nodes.Operator().PostAsync("operator/calls/claim")).Expect(HttpStatusCode.OK);
            Assert.Equal((call.SessionId, (string?)call.Call["calledAt"]), ((string?)claimed["sessionId"], (string?)claimed["calledAt"]));
        }

        Assert.Equal(0, await nodes.Database.KeyExistsAsync(Keys.OfQueue("support")));
    }

    [Fact]
    public async Task A_repeated_claim_whose_answer_was_lost_goes_on_with_the_same_call()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(2);
        var id = ChatClient.NewId("operator");
        await LendAsync(id, "", milliseconds: 60_000);

        Assert.Equal(calls[0].SessionId, (string?)(await nodes.Operator(id).PostAsync("operator/calls/claim")).Expect(HttpStatusCode.OK)["sessionId"]);
        Assert.Equal([calls[1].SessionId], await nodes.QueueAsync());
        Assert.Equal(0, await nodes.Database.KeyExistsAsync(Keys.OfQueue("support")[2..4]));
    }

    [Fact]
    public async Task Two_claims_of_one_operator_at_the_same_time_take_two_calls_and_each_repeated_the_same_again()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(2);
        var id = ChatClient.NewId("operator");
        await LendAsync($"{id} first", "", milliseconds: 60_000);

        foreach (var (claim, call) in new[] { ("second", calls[1]), ("second", calls[1]), ("first", calls[0]), ("first", calls[0]) })
        {
            var claimed = await nodes.Operator(id).PostAsync("operator/calls/claim", new { clientClaimId = claim });
            Assert.Equal(call.SessionId, (string?)claimed.Expect(HttpStatusCode.OK)["sessionId"]);
        }

        Assert.Equal(0, await nodes.Database.KeyExistsAsync(Keys.OfQueue("support")));
    }

    /// <summary>The first step of a claim, after which its node stops.</summary>
    private async Task LendAsync(string claimant, string wanted, int milliseconds) =>
        await nodes.Database.ScriptEvaluateAsync(Scripts.claim_call.Text, Keys.OfQueue("support"), [claimant, milliseconds, wanted]);
}
