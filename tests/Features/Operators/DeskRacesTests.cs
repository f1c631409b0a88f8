using System.Net;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>What meets in the same moment, or comes late.</summary>
[Collection(nameof(DeskNodes))]
public sealed class DeskRacesTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task A_transfer_that_meets_the_receivers_own_claims_never_takes_it_over_its_capacity()
    {
        for (var round = 0; round < 30; round++)
        {
            var (dana, erik) = (Desk.Operator(), Desk.Operator(name: "Erik"));
            await erik.PutAsync("operator/presence", new { status = "online", capacity = 1 });
            var call = await Desk.CallHeldByAsync(dana);
            var waiting = new[] { await Desk.CallAsync(), await Desk.CallAsync() };

            await Task.WhenAll(
                dana.TransferToAsync(call.SessionId, erik.Id),
                erik.ClaimAsync(waiting[0].SessionId), erik.GetAsync("operator/sessions"), erik.ClaimAsync(waiting[1].SessionId), erik.GetAsync("operator/poll"));

            Assert.True((await erik.MineAsync()).Count <= 1, $"Erik has more than one session in round {round}");
        }
    }

    [Fact]
    public async Task A_call_that_races_the_closing_of_its_session_leaves_nothing_in_the_queue()
    {
        await Desk.EmptyAsync();
        for (var round = 0; round < 40; round++)
        {
            var visitor = Desk.Visitor();
            await visitor.OpenAsync();
            await Task.WhenAll(visitor.PostAsync("chat/session/call-operator"), visitor.PostAsync("chat/session/close"));
            await visitor.PostAsync("chat/session/close");
        }

        Assert.Equal(0, await Desk.Database.ListLengthAsync(Keys.OfQueue("support")[0]));
        Assert.Equal(0, await Desk.Database.HashLengthAsync(Keys.OfQueue("support")[1]));
    }

    [Fact]
    public async Task An_operator_that_comes_back_late_can_neither_release_nor_transfer_what_was_taken_from_it()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        await Desk.Database.SortedSetAddAsync(Keys.OfRoster()[0], dana.Id, 0);
        await Desk.Services(0).GetRequiredService<LeaseSweeper>().SweepAsync(Ct);

        (await dana.ReleaseAsync(call.SessionId)).ExpectProblem(403, "not_assigned");
        (await dana.TransferToDepartmentAsync(call.SessionId, "support", "late")).ExpectProblem(403, "not_assigned");
        (await dana.SayAsync("Late", call.SessionId)).ExpectProblem(403, "not_assigned");
    }

    [Fact]
    public async Task A_block_reaches_the_accounts_current_session_from_an_earlier_one()
    {
        var (dana, account) = (Desk.Operator(), Desk.Account());
        var earlier = await Desk.CallHeldByAsync(dana, visitor: account);
        await account.PostAsync("chat/session/close");
        (await account.OpenAsync()).Expect(HttpStatusCode.Created);

        (await dana.PostAsync($"operator/sessions/{earlier.SessionId}/block", new { minutes = 5 })).Expect(HttpStatusCode.NoContent);

        (await account.SayAsync("Still here?")).ExpectProblem(403, "blocked");
        (await account.OpenAsync()).ExpectProblem(403, "blocked");
        (await account.PostAsync("chat/session/call-operator")).ExpectProblem(403, "blocked");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_signs_in_beside_a_blocked_visitors_token_is_served_and_the_blocked_session_stays_what_it_is(bool hasSession)
    {
        var (dana, account) = (Desk.Operator(), Desk.Account());
        if (hasSession)
        {
            await account.OpenAsync();
        }

        var call = await Desk.CallHeldByAsync(dana);
        (await dana.PostAsync($"operator/sessions/{call.SessionId}/block", new { minutes = 5 })).Expect(HttpStatusCode.NoContent);
        account.SessionToken = call.Visitor.SessionToken;

        var opened = await account.OpenAsync();

        Assert.Equal("account", (string?)opened["visitor"]!["kind"]);
        Assert.NotEqual(call.SessionId, (string?)opened["sessionId"]);
        Assert.Contains(opened.Headers["Set-Cookie"], cookie => cookie.StartsWith("chat_session=;", StringComparison.Ordinal));
        Assert.Equal([call.SessionId], await dana.MineAsync());
        (await call.Visitor.SayAsync("Hello?")).ExpectProblem(403, "blocked");
    }

    [Fact]
    public async Task A_wait_is_counted_once_however_often_the_session_is_given_back()
    {
        await Desk.EmptyAsync();
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        await dana.ReleaseAsync(call.SessionId);
        await dana.ClaimAsync(call.SessionId);
        await BackgroundIdleAsync();

        Assert.Equal(1, (int)(await dana.GetAsync("operator/stats"))["wait"]!["lastHour"]!["count"]!);
    }

    [Fact]
    public async Task A_note_of_a_transfer_is_added_by_the_repeated_request_if_the_first_did_not_come_so_far()
    {
        var (dana, erik) = (Desk.Operator(), Desk.Operator(name: "Erik"));
        await erik.GetAsync("operator/sessions");
        var call = await Desk.CallHeldByAsync(dana);
        await dana.TransferToAsync(call.SessionId, erik.Id, "Asks about fees.");
        await Desk.Database.KeyDeleteAsync(Keys.OfSession(call.SessionId)[4]);

        (await dana.TransferToAsync(call.SessionId, erik.Id, "Asks about fees.")).Expect(HttpStatusCode.OK);
        (await dana.TransferToAsync(call.SessionId, erik.Id, "Asks about fees.")).Expect(HttpStatusCode.OK);

        var note = Assert.Single((await erik.GetAsync($"operator/sessions/{call.SessionId}"))["notes"]!.AsArray());
        Assert.Equal(("transferred", "Asks about fees."), ((string?)note!["what"], (string?)note["text"]));
    }

    [Fact]
    public async Task A_look_at_a_customer_is_recorded_once_for_a_console_that_refreshes_and_crowds_out_no_note()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account());
        for (var look = 0; look < 10; look++)
        {
            await dana.GetAsync($"operator/sessions/{call.SessionId}");
        }

        await BackgroundIdleAsync();
        var notes = (await dana.GetAsync($"operator/sessions/{call.SessionId}"))["notes"]!.AsArray();
        Assert.InRange(notes.Count(note => (string?)note!["what"] == "customer_seen"), 1, 2); // one for each node
    }
}
