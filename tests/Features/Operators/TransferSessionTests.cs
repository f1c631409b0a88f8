using System.Net;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(DeskNodes))]
public sealed class TransferSessionTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task Another_operator_has_the_session_then_and_the_visitor_sees_whom()
    {
        var (dana, eli) = (await OnlineAsync("Dana"), await OnlineAsync("Eli"));
        var call = await Desk.CallHeldByAsync(dana);

        var transferred = (await dana.TransferToAsync(call.SessionId, eli.Id)).Expect(HttpStatusCode.OK);

        Assert.Equal(("active", eli.Id, call.CalledAt), ((string?)transferred["status"], (string?)transferred["operator"]!["id"], (string?)transferred["calledAt"]));
        Assert.Empty(await dana.MineAsync());
        Assert.Equal([call.SessionId], await eli.MineAsync());
        var poll = await call.Visitor.PollAsync();
        Assert.Equal(("active", "Eli"), ((string?)poll["status"], (string?)poll["operator"]!["name"]));
        var entry = poll["messages"]!.AsArray()[^1]!;
        Assert.Equal("transferred", (string?)entry["event"]);
        Assert.Matches("Dana.*Eli", (string?)entry["text"]);
        (await dana.SayAsync("Wait", call.SessionId)).ExpectProblem(403, "not_assigned");
        (await eli.SayAsync("Hello", call.SessionId)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task The_other_operators_waiting_poll_is_woken_and_shows_the_conversation()
    {
        var (dana, eli) = (await OnlineAsync("Dana"), await OnlineAsync("Eli"));
        var call = await Desk.CallHeldByAsync(dana);
        await call.Visitor.SayAsync("My trade is gone.");
        var cursor = (string?)(await eli.GetAsync("operator/poll"))["cursor"];

        var woken = await WokenAsync(eli.GetAsync($"operator/poll?wait=25&after={cursor}"), async () =>
        {
            await Desk.ListeningAsync(Keys.AssignmentsOf(eli.Id));
            await dana.TransferToAsync(call.SessionId, eli.Id);
        });

        var news = Assert.Single(woken.Expect(HttpStatusCode.OK)["sessions"]!.AsArray())!;
        Assert.Equal(call.SessionId, (string?)news["sessionId"]);
        Assert.Contains("My trade is gone.", news["messages"]!.AsArray().Select(m => (string?)m!["text"]));
    }

    [Fact]
    public async Task In_another_department_the_call_waits_at_the_place_of_its_first_call_time()
    {
        var dana = await OnlineAsync("Dana");
        var before = await Desk.CallAsync("billing");
        var call = await Desk.CallHeldByAsync(dana);
        var after = await Desk.CallAsync("billing");

        var transferred = (await dana.TransferToDepartmentAsync(call.SessionId, "billing")).Expect(HttpStatusCode.OK);

        Assert.Equal(("waiting", "billing", call.CalledAt), ((string?)transferred["status"], (string?)transferred["department"], (string?)transferred["calledAt"]));
        Assert.Null(transferred["operator"]);
        var calls = (await dana.GetAsync("operator/calls"))["calls"]!.AsArray();
        Assert.Equal(
            [(before.SessionId, 1, "billing"), (call.SessionId, 2, "billing"), (after.SessionId, 3, "billing")],
            calls.Select(c => ((string)c!["sessionId"]!, (int)c["position"]!, (string)c["department"]!)));
        Assert.Equal(["operator_called", "operator_joined", "transferred"], await call.EventsAsync());
        Assert.Empty(await dana.MineAsync());
    }

    [Fact]
    public async Task It_takes_either_an_operator_or_a_department_that_exists()
    {
        var (dana, eli) = (await OnlineAsync("Dana"), await OnlineAsync("Eli"));
        var call = await Desk.CallHeldByAsync(dana);
        var path = $"operator/sessions/{call.SessionId}/transfer";

        (await dana.PostAsync(path, new { operatorId = eli.Id, department = "billing" })).ExpectInvalid("operatorId");
        (await dana.PostAsync(path, new { note = "to whom?" })).ExpectInvalid("operatorId");
        (await dana.PostAsync(path, new { department = "nowhere" })).ExpectInvalid("department");
        (await dana.PostAsync(path, new { department = "billing", note = " " })).ExpectInvalid("note");

        Assert.Equal([call.SessionId], await dana.MineAsync());
        Assert.Equal(["operator_called", "operator_joined"], await call.EventsAsync());
    }

    [Theory]
    [InlineData("self")]
    [InlineData("unknown")]
    [InlineData("away")]
    [InlineData("gone")]
    [InlineData("full")]
    public async Task To_an_operator_that_cannot_take_it_nothing_is_transferred(string why)
    {
        var (dana, eli) = (await OnlineAsync("Dana"), await OnlineAsync("Eli"));
        var call = await Desk.CallHeldByAsync(dana);
        if (why == "full")
        {
            await eli.PutAsync("operator/presence", new { capacity = 1 });
            await Desk.CallHeldByAsync(eli);
        }

        await (why switch
        {
            "away" => eli.PutAsync("operator/presence", new { status = "away" }),
            "gone" => Desk.Database.SortedSetAddAsync(Keys.OfRoster()[0], eli.Id, 1),
            _ => Task.CompletedTask,
        });
        var before = (await call.Visitor.GetAsync("chat/history")).Body!.ToJsonString();

        var to = why switch { "self" => dana.Id, "unknown" => "nobody", _ => eli.Id };
        (await dana.TransferToAsync(call.SessionId, to, "please")).ExpectProblem(409, "operator_unavailable");

        Assert.Equal(before, (await call.Visitor.GetAsync("chat/history")).Body!.ToJsonString());
        Assert.Equal([call.SessionId], await dana.MineAsync());
        Assert.DoesNotContain(call.SessionId, await eli.MineAsync());
        Assert.Empty(await NotesAsync(dana, call.SessionId));
        (await dana.SayAsync("I keep you.", call.SessionId)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task The_note_is_for_operators_and_never_for_the_visitor()
    {
        var (dana, eli) = (await OnlineAsync("Dana"), await OnlineAsync("Eli"));
        var call = await Desk.CallHeldByAsync(dana);

        await dana.TransferToAsync(call.SessionId, eli.Id, "he shouts\r\nand swears");

        var note = Assert.Single(await NotesAsync(eli, call.SessionId));
        Assert.Equal(("transferred", dana.Id, "Dana", "he shouts\nand swears"), (What(note), (string?)note["operator"]!["id"], (string?)note["operator"]!["name"], (string?)note["text"]));
        Assert.DoesNotContain("shouts", await AllThatTheVisitorSeesAsync(call.Visitor), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Transferring_again_changes_nothing(bool toOperator)
    {
        var (dana, eli) = (await OnlineAsync("Dana"), await OnlineAsync("Eli"));
        var call = await Desk.CallHeldByAsync(dana);

        for (var i = 0; i < 3; i++)
        {
            (await (toOperator ? dana.TransferToAsync(call.SessionId, eli.Id, "note") : dana.TransferToDepartmentAsync(call.SessionId, "billing", "note"))).Expect(HttpStatusCode.OK);
        }

        Assert.Equal(["operator_called", "operator_joined", "transferred"], await call.EventsAsync());
        Assert.Single(await NotesAsync(Desk.Supervisor(), call.SessionId));
        Assert.Equal(toOperator ? [] : [call.SessionId], await dana.CallsAsync());
        Assert.Equal(toOperator ? [call.SessionId] : [], await eli.MineAsync());
    }

    [Fact]
    public async Task An_operator_cannot_transfer_the_session_of_another_which_keeps_it()
    {
        var (dana, eli) = (await OnlineAsync("Dana"), await OnlineAsync("Eli"));
        await eli.PutAsync("operator/presence", new { capacity = 1 });
        var call = await Desk.CallHeldByAsync(eli);

        (await dana.TransferToAsync(call.SessionId, eli.Id)).ExpectProblem(403, "not_assigned");
        (await dana.TransferToDepartmentAsync(call.SessionId, "billing")).ExpectProblem(403, "not_assigned");

        Assert.Equal([call.SessionId], await eli.MineAsync());
        (await eli.ClaimAsync((await Desk.CallAsync()).SessionId)).ExpectProblem(409, "at_capacity");
        await Desk.Database.SortedSetAddAsync(Keys.OfRoster()[0], eli.Id, 1);
        await Desk.Services(0).GetRequiredService<LeaseSweeper>().SweepAsync(Ct);
        Assert.Equal("waiting", (await call.StandingAsync()).Status);
    }

    [Fact]
    public async Task Transferring_again_once_the_other_has_closed_the_session_takes_no_room_from_it()
    {
        var (dana, eli) = (await OnlineAsync("Dana"), await OnlineAsync("Eli"));
        var call = await Desk.CallHeldByAsync(dana);
        await dana.TransferToAsync(call.SessionId, eli.Id);
        await eli.PostAsync($"operator/sessions/{call.SessionId}/close");

        Assert.Equal("closed", (string?)(await dana.TransferToAsync(call.SessionId, eli.Id)).Expect(HttpStatusCode.OK)["status"]);

        Assert.Equal(0, (int)(await eli.PutAsync("operator/presence", new { }))["held"]!);
    }

    private async Task<DeskCaller> OnlineAsync(string name)
    {
        var caller = Desk.Operator(name: name);
        await caller.PutAsync("operator/presence", new { });
        return caller;
    }
}
