using Intotes.Chat.Features.Operators;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Operators.Race;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>The narrow interleavings of a claim with what else may happen to its call, each brought about on purpose.</summary>
public sealed class ClaimInterleavingTests : IAsyncLifetime
{
    private static readonly Caller.Operator Ann = new("ann", "Ann", false), Bob = new("bob", "Bob", false);

    private readonly LogWatch logs = new();
    private RedisServerProcess redis = null!;
    private ChatNode node = null!;
    private Desk desk = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync();
        node = ChatNode.Start(redis.Configuration, logs, change: FaultyGateway.Register);
        desk = new Desk(node.Services);
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        await redis.DisposeAsync();
        Assert.Empty(logs.Unexpected);
    }

    [Fact]
    public async Task A_call_that_returns_while_another_operator_is_about_to_drop_its_former_entry_stays_in_the_queue()
    {
        var session = await CallAsync();
        await Assert.ThrowsAsync<OperatorDied>(() => AtAsync("assign_session", Moment.After, () => throw new OperatorDied(), () => desk.Claimer.ClaimNextAsync(Ann, null, Ct)));
        await desk.AgeClaimAsync(Ann.Id);

        // Bob finds the call in the queue again, but Ann still has the session; just before he drops the call, Ann's lease runs out.
        await AtAsync("accept_call", Moment.Before, () => ReturnAsync(session, Ann), () => desk.Claimer.ClaimNextAsync(Bob, null, Ct));

        Assert.Equal(session, (await desk.Claimer.ClaimNextAsync(Bob, null, Ct)).Session?.Id ?? (await desk.LookAsync(Bob, Ct)).SingleOrDefault()?.Session.Id);
    }

    [Fact]
    public async Task A_call_that_its_operator_releases_before_its_own_claim_is_through_stays_in_the_queue()
    {
        var session = await CallAsync();

        await AtAsync("accept_call", Moment.Before, () => ReturnAsync(session, Ann), () => desk.Claimer.ClaimNextAsync(Ann, null, Ct));

        Assert.Equal(session, (await desk.Claimer.ClaimNextAsync(Bob, null, Ct)).Session?.Id);
    }

    [Fact]
    public async Task A_claim_repeated_while_the_first_comes_through_takes_no_second_call()
    {
        var (first, second) = (await CallAsync(), await CallAsync());
        ClaimStatus status = default;
        Session? taken = null;

        await AtAsync(
            "claim_call", Moment.Before, () => desk.Claimer.ClaimNextAsync(Ann, "claim", Ct), async () => (status, taken) = await desk.Claimer.ClaimNextAsync(Ann, "claim", Ct));

        Assert.Equal((ClaimStatus.Claimed, first), (status, taken?.Id));
        Assert.Equal([first], await desk.Roster.HeldByAsync(Ann.Id, Ct));
        Assert.Equal(second, (await desk.Claimer.ClaimNextAsync(Bob, null, Ct)).Session?.Id);
    }

    [Fact]
    public async Task An_operator_that_looks_at_its_sessions_while_it_claims_one_has_it_in_its_list_afterwards()
    {
        var session = await CallAsync();

        await AtAsync("assign_session", Moment.Before, () => desk.LookAsync(Ann, Ct), () => desk.Claimer.ClaimNextAsync(Ann, null, Ct));

        Assert.Equal([session], await desk.Roster.HeldByAsync(Ann.Id, Ct));
    }

    [Fact]
    public async Task An_operator_that_looks_just_before_it_is_given_a_session_has_it_in_its_list_afterwards()
    {
        var session = await CallAsync();
        await desk.Roster.HoldAsync(Ann.Id, session, mustBeOnline: false, Ct); // as her claim does first

        await AtAsync("HGETALL", Moment.After, () => desk.Claimer.ClaimNextAsync(Ann, null, Ct), () => desk.LookAsync(Ann, Ct));

        Assert.Equal([session], await desk.Roster.HeldByAsync(Ann.Id, Ct));
    }

    [Fact]
    public async Task An_operator_that_takes_back_what_it_is_just_releasing_has_it_in_its_list_afterwards()
    {
        var session = await CallAsync();
        await desk.Claimer.ClaimNextAsync(Ann, null, Ct);

        await AtAsync("enqueue_call", Moment.After, () => desk.Claimer.ClaimNextAsync(Ann, null, Ct), () => ReturnAsync(session, Ann));

        Assert.Equal(Ann.Id, (await desk.Sessions.FindAsync(session, Ct))!.OperatorId);
        Assert.Equal([session], await desk.Roster.HeldByAsync(Ann.Id, Ct));
    }

    [Fact]
    public async Task A_claim_that_comes_through_after_another_operator_has_the_session_is_refused()
    {
        var session = await CallAsync();

        var (status, _) = await AtAsync(
            "assign_session",
            Moment.Before,
            async () =>
            {
                await desk.AgeClaimAsync(Ann.Id);
                Assert.Equal(session, (await desk.Claimer.ClaimNextAsync(Bob, null, Ct)).Session!.Id);
            },
            () => desk.Claimer.ClaimNextAsync(Ann, null, Ct));

        Assert.Equal(ClaimStatus.NoneWaiting, status);
        Assert.Equal(Bob.Id, (await desk.Sessions.FindAsync(session, Ct))!.OperatorId);
        Assert.Empty(await desk.Roster.HeldByAsync(Ann.Id, Ct));
        Assert.Equal([session], await desk.Roster.HeldByAsync(Bob.Id, Ct));
        Assert.False(await desk.Redis.KeyExistsAsync(Keys.OfQueue("support")[1]));
    }

    private async Task<string> CallAsync()
    {
        await desk.Roster.SeenAsync(Ann, Ct);
        await desk.Roster.SeenAsync(Bob, Ct);
        return (await desk.CallAsync(await desk.OpenAsync(Ct), "support", Ct)).Id;
    }

    private Task<Session?> ReturnAsync(string session, Caller.Operator from) =>
        desk.Returner.ReturnAsync(session, from.Id, SystemTexts.OperatorGone, "operator_gone", null, Ct);

    /// <summary>Does something, and something else in between, at its first time at a step.</summary>
    private static async Task<T> AtAsync<T>(string script, Moment moment, Func<Task> between, Func<Task<T>> action)
    {
        Fate.Current = new Fate(new Step(script, moment), 1, _ => between());
        var result = await action();
        Assert.True(Fate.Current.HasStruck);
        return result;
    }
}
