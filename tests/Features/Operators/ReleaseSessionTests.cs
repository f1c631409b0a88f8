using System.Net;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(DeskNodes))]
public sealed class ReleaseSessionTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task A_released_call_is_at_the_front_again_with_its_first_call_time()
    {
        var dana = Desk.Operator();
        var (first, second, third) = (await Desk.CallAsync(), await Desk.CallAsync(), await Desk.CallAsync());
        await dana.ClaimAsync();

        var released = (await dana.ReleaseAsync(first.SessionId)).Expect(HttpStatusCode.OK);

        Assert.Equal((first.SessionId, "waiting", first.CalledAt), ((string?)released["sessionId"], (string?)released["status"], (string?)released["calledAt"]));
        Assert.Null(released["operator"]);
        Assert.Null(released["leaseSeconds"]);
        var calls = (await dana.GetAsync("operator/calls"))["calls"]!.AsArray();
        Assert.Equal(
            [(1, first.SessionId, first.CalledAt), (2, second.SessionId, second.CalledAt), (3, third.SessionId, third.CalledAt)],
            calls.Select(c => ((int)c!["position"]!, (string)c["sessionId"]!, (string)c["calledAt"]!)));
        Assert.Equal(first.SessionId, (string?)(await Desk.Operator().ClaimAsync())["sessionId"]);
    }

    [Fact]
    public async Task A_released_call_does_not_pass_those_that_called_before_it()
    {
        var dana = Desk.Operator();
        var (first, second, third) = (await Desk.CallAsync(), await Desk.CallAsync(), await Desk.CallAsync());
        await dana.ClaimAsync(second.SessionId);

        await dana.ReleaseAsync(second.SessionId);

        Assert.Equal([first.SessionId, second.SessionId, third.SessionId], await dana.CallsAsync());
    }

    [Fact]
    public async Task The_visitor_sees_who_left_and_that_it_waits_first_in_the_queue()
    {
        var dana = Desk.Operator(name: "Dana");
        var call = await Desk.CallHeldByAsync(dana);
        await Desk.CallAsync();

        await dana.ReleaseAsync(call.SessionId);

        var poll = await call.Visitor.PollAsync();
        Assert.Equal("waiting", (string?)poll["status"]);
        Assert.Null(poll["operator"]);
        var left = poll["messages"]!.AsArray()[^1]!;
        Assert.Equal(("system", "operator_left"), ((string?)left["sender"], (string?)left["event"]));
        Assert.Contains("Dana", (string)left["text"]!, StringComparison.Ordinal);

        // Places are looked up once a second.
        await EventuallyAsync("first of two", async () =>
            (await call.StandingAsync()).Queue is { } place && ((int)place["position"]!, (int)place["waiting"]!) == (1, 2));
    }

    [Fact]
    public async Task Releasing_again_changes_nothing()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);

        await dana.ReleaseAsync(call.SessionId);
        var again = (await dana.ReleaseAsync(call.SessionId)).Expect(HttpStatusCode.OK);

        Assert.Equal("waiting", (string?)again["status"]);
        Assert.Equal(["operator_called", "operator_joined", "operator_left"], await call.EventsAsync());
        Assert.Equal([call.SessionId], await dana.CallsAsync());
    }

    [Fact]
    public async Task Releasing_again_takes_nothing_from_the_operator_that_has_the_session_by_then()
    {
        var (dana, eli) = (Desk.Operator(), Desk.Operator(name: "Eli"));
        var call = await Desk.CallHeldByAsync(dana);
        await dana.ReleaseAsync(call.SessionId);
        await eli.ClaimAsync(call.SessionId);

        (await dana.ReleaseAsync(call.SessionId)).ExpectProblem(403, "not_assigned");

        Assert.Equal([call.SessionId], await eli.MineAsync());
        Assert.Equal("active", (await call.StandingAsync()).Status);
    }

    [Fact]
    public async Task What_one_does_not_have_cannot_be_released()
    {
        var (dana, eli) = (Desk.Operator(), Desk.Operator());
        var (held, waiting) = (await Desk.CallHeldByAsync(dana), await Desk.CallAsync());
        var closed = await Desk.CallHeldByAsync(eli);
        await closed.Visitor.PostAsync("chat/session/close");

        foreach (var sessionId in (string[])[held.SessionId, waiting.SessionId, closed.SessionId, "q0mJ3mX0T0m2cKk0aXb1Zw", "no session"])
        {
            (await eli.ReleaseAsync(sessionId)).ExpectProblem(403, "not_assigned");
        }

        Assert.Equal([held.SessionId], await dana.MineAsync());
        Assert.Equal(["operator_called", "operator_joined"], await held.EventsAsync());
    }

    [Fact]
    public async Task A_late_write_or_read_is_refused()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        await dana.ReleaseAsync(call.SessionId);

        (await dana.SayAsync("One more thing", call.SessionId)).ExpectProblem(403, "not_assigned");
        (await dana.GetAsync($"chat/history?sessionId={call.SessionId}")).ExpectProblem(403, "not_assigned");
        (await dana.GetAsync($"chat/poll?sessionId={call.SessionId}")).ExpectProblem(403, "not_assigned");
        (await dana.TransferToDepartmentAsync(call.SessionId, "billing")).ExpectProblem(403, "not_assigned");
        (await dana.PostAsync($"operator/sessions/{call.SessionId}/close")).ExpectProblem(403, "not_assigned");
        Assert.Equal("waiting", (await call.StandingAsync()).Status);
    }

    [Fact]
    public async Task Releasing_makes_room_for_another_call()
    {
        var dana = Desk.Operator();
        await dana.PutAsync("operator/presence", new { capacity = 1 });
        var held = await Desk.CallHeldByAsync(dana);
        var next = await Desk.CallAsync();
        (await dana.ClaimAsync(next.SessionId)).ExpectProblem(409, "at_capacity");

        await dana.ReleaseAsync(held.SessionId);

        (await dana.ClaimAsync(next.SessionId)).Expect(HttpStatusCode.OK);
        Assert.Equal([next.SessionId], await dana.MineAsync());
    }
}
