using System.Net;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(DeskNodes))]
public sealed class ClaimWaitTests(DeskNodes desk) : DeskTest(desk)
{
    /// <summary>Twice, so that the one who waits and the one who calls are on the same node once, and once not.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_waiting_claim_gets_a_new_call_at_once(int requestsBetween)
    {
        var dana = Desk.Operator();
        var visitor = Desk.Visitor();
        var sessionId = (string?)(await visitor.OpenAsync())["sessionId"];

        var claim = await WokenAsync(WaitAsync(dana, 25), async () =>
        {
            await Desk.ListeningAsync(Keys.CallsOf("support"));
            for (var i = 0; i < requestsBetween; i++)
            {
                await visitor.PollAsync();
            }

            await visitor.PostAsync("chat/session/call-operator");
        });

        Assert.Equal(sessionId, (string?)claim.Expect(HttpStatusCode.OK)["sessionId"]);
        Assert.Equal("active", (string?)(await visitor.PollAsync())["status"]);
    }

    [Fact]
    public async Task A_waiting_claim_gets_a_call_that_another_operator_gives_back()
    {
        var (dana, eli) = (Desk.Operator(), Desk.Operator());
        var call = await Desk.CallHeldByAsync(dana);

        var claim = await WokenAsync(WaitAsync(eli, 25), async () =>
        {
            await Desk.ListeningAsync(Keys.CallsOf("support"));
            await dana.ReleaseAsync(call.SessionId);
        });

        Assert.Equal(call.SessionId, (string?)claim.Expect(HttpStatusCode.OK)["sessionId"]);
    }

    [Fact]
    public async Task There_is_no_content_once_the_time_is_up()
    {
        var started = TimeProvider.System.GetTimestamp();

        (await WaitAsync(Desk.Operator(), 1)).Expect(HttpStatusCode.NoContent);

        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromSeconds(0.95), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Of_two_that_wait_exactly_one_gets_the_call()
    {
        var operators = new[] { Desk.Operator(), Desk.Operator() };
        var waiting = operators.Select(o => WaitAsync(o, 3)).ToArray();
        await Desk.ListeningAsync(Keys.CallsOf("support"), count: 2);

        var call = await Desk.CallAsync();
        var claims = await Task.WhenAll(waiting);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.NoContent], claims.Select(c => c.Status).Order());
        var winner = Array.FindIndex(claims, c => c.Status == HttpStatusCode.OK);
        Assert.Equal(call.SessionId, (string?)claims[winner]["sessionId"]);
        Assert.Equal([call.SessionId], await operators[winner].MineAsync());
        Assert.Empty(await operators[1 - winner].MineAsync());
        Assert.Equal(["operator_called", "operator_joined"], await call.EventsAsync());
    }

    [Fact]
    public async Task A_call_for_a_department_that_the_waiting_operator_does_not_serve_is_left_for_others()
    {
        var dana = Desk.Operator();
        await dana.ServeAsync("billing");
        var waiting = WaitAsync(dana, 25);
        await Desk.ListeningAsync(Keys.CallsOf("billing"));
        var support = await Desk.CallAsync();

        var claim = await WokenAsync(waiting, () => Desk.CallAsync("billing"));

        Assert.Equal("billing", (string?)claim.Expect(HttpStatusCode.OK)["department"]);
        Assert.Equal([support.SessionId], await dana.CallsAsync());
    }

    [Fact]
    public async Task An_operator_that_is_full_does_not_wait()
    {
        var dana = Desk.Operator();
        await dana.PutAsync("operator/presence", new { capacity = 1 });
        await Desk.CallHeldByAsync(dana);
        var started = TimeProvider.System.GetTimestamp();

        (await WaitAsync(dana, 25)).ExpectProblem(409, "at_capacity");

        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("26")]
    [InlineData("-1")]
    public async Task It_waits_for_1_to_25_seconds(string wait) =>
        (await Desk.Operator().PostAsync($"operator/calls/claim?wait={wait}")).ExpectInvalid("wait");

    private static Task<Answer> WaitAsync(DeskCaller @operator, int seconds) => @operator.PostAsync($"operator/calls/claim?wait={seconds}");
}
