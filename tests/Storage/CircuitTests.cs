using System.Diagnostics.Metrics;
using System.Net;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Storage;

/// <summary>What opens the circuit: twenty calls within five seconds, half of which or more nobody answered.</summary>
public sealed class CircuitTests : IDisposable
{
    private const int EnoughToOpen = 20, TriesOfACall = 3;

    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly RedisResilience resilience;
    private int tries;

    public CircuitTests() => resilience = new RedisResilience(
        Options.Create(new RedisOptions()), services.GetRequiredService<IMeterFactory>(), NullLogger<RedisResilience>.Instance, TimeProvider.System);

    private static RedisConnectionException Away => new(ConnectionFailureType.SocketFailure, CommandFlags.None, "away", null, CommandStatus.Unknown);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => services.Dispose();

    [Fact]
    public async Task A_call_that_was_tried_three_times_counts_once()
    {
        await FailAsync(EnoughToOpen - 1, Away);

        Assert.Equal((EnoughToOpen - 1) * TriesOfACall, tries);
        Assert.False(await IsOpenAsync());
    }

    [Fact]
    public async Task Silence_opens_it()
    {
        await FailAsync(EnoughToOpen, Away);

        Assert.True(await IsOpenAsync());
    }

    [Fact]
    public async Task Callers_that_give_up_before_an_attempt_does_do_not_keep_it_closed_and_nothing_is_tried_again_for_them()
    {
        using var gone = new CancellationTokenSource();
        var answer = new TaskCompletionSource<bool>();
        await Task.WhenAll(Enumerable.Range(0, EnoughToOpen).Select(async n => Assert.IsType<TimeoutException>(await TryAsync(
            async () =>
            {
                await (Interlocked.Increment(ref tries) == EnoughToOpen ? gone.CancelAsync() : Task.CompletedTask);
                return await answer.Task;
            },
            gone.Token))));

        Assert.Equal(EnoughToOpen, tries);
        Assert.True(await IsOpenAsync());
    }

    [Fact]
    public async Task Callers_that_are_gone_before_their_call_count_as_nothing()
    {
        await FailAsync(EnoughToOpen - 1, Away);
        for (var n = 0; n < 3 * EnoughToOpen; n++)
        {
            Assert.IsType<OperationCanceledException>(await TryAsync(static () => throw new InvalidOperationException("It is called."), new CancellationToken(canceled: true)));
        }

        await FailAsync(1, Away);
        Assert.True(await IsOpenAsync());
    }

    [Theory]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.")]
    [InlineData("READONLY You can't write against a read only replica.")]
    [InlineData("NOREPLICAS Not enough good replicas to write.")]
    [InlineData("ERR something of ours is wrong")]
    public async Task A_server_that_answers_is_there_whatever_it_answers(string reply)
    {
        await FailAsync(3 * EnoughToOpen, new RedisServerException(RedisErrorKind.UnknownError, CommandFlags.None, reply));

        Assert.False(await IsOpenAsync());
    }

    [Fact]
    public async Task A_dead_server_of_three_fails_its_own_sessions_and_no_others()
    {
        // No replica takes over before all are lost, however busy the machine is.
        await using var cluster = await RedisClusterProcesses.StartAsync(nodeTimeoutMs: 60_000);
        await using var node = ChatNode.Start(cluster.Configuration, new LogWatch()); // what it logs here is expected
        var (store, gateway) = (node.Services.GetRequiredService<SessionStore>(), node.Services.GetRequiredService<RedisGateway>());
        var redis = node.Services.GetRequiredService<RedisConnection>().Multiplexer;
        var dead = new IPEndPoint(IPAddress.Loopback, cluster.Primary(0).Port);
        // More than half are of the dead one, so they would open a circuit that they share with the others. A circuit whose slots two servers have is left out.
        var ids = Enumerable.Range(0, 1000).Select(_ => SessionToken.NewSessionId())
            .GroupBy(id => RedisResilience.CircuitOf(redis.HashSlot(Keys.Session(id)), hasKey: true)).Where(of => of.Select(IsOfTheDead).Distinct().Count() == 1)
            .SelectMany(of => of).GroupBy(IsOfTheDead).ToDictionary(of => of.Key, of => of.Take(of.Key ? 120 : 60).ToList());
        bool IsOfTheDead(string id) => dead.Equals(redis.GetDatabase().IdentifyEndpoint(Keys.Session(id)));
        await cluster.ServePartlyAsync();
        await cluster.LoseReplicasAsync();
        await cluster.Primary(0).PauseAsync();

        for (var round = 0; round < 4; round++)
        {
            var answered = await Task.WhenAll(ids.SelectMany(of => of.Value.Select(async id => (IsOfTheDead: of.Key, IsServed: await IsServedAsync(store, id)))));
            Assert.Equal([(false, true), (true, false)], answered.Distinct().Order());
            await gateway.PingAsync(Ct);
        }
    }

    private static async Task<bool> IsServedAsync(SessionStore store, string id)
    {
        try
        {
            Assert.Null(await store.FindAsync(id, Ct));
            return true;
        }
        catch (StorageUnavailableException)
        {
            return false;
        }
    }

    /// <summary>So many calls at once, each of which meets this failure whenever it is tried.</summary>
    private async Task FailAsync(int calls, Exception failure)
    {
        await Task.WhenAll(Enumerable.Range(0, calls).Select(async _ => Assert.Same(failure, await TryAsync(async () =>
        {
            Interlocked.Increment(ref tries);
            await Task.Yield();
            throw failure;
        }))));
    }

    /// <summary>Where the callers of a shard that is away are more than all others, as they are when they repeat.</summary>
    [Fact]
    public async Task A_shard_of_a_cluster_that_is_away_opens_no_circuit_of_others()
    {
        await Task.WhenAll(Enumerable.Range(0, 2 * EnoughToOpen).Select(_ => TryAsync(static () => throw Away, slot: 5000)));

        Assert.IsType<BrokenCircuitException>(await TryAsync(static () => Task.FromResult(true), slot: 4999));
        Assert.Null(await TryAsync(static () => Task.FromResult(true), slot: 12_000));
        Assert.NotEqual(RedisResilience.CircuitOf(5000, hasKey: true), RedisResilience.CircuitOf(5000, hasKey: false));
        // One server has one circuit, whatever it is asked.
        Assert.Equal(RedisResilience.CircuitOf(-1, hasKey: true), RedisResilience.CircuitOf(-1, hasKey: false));
    }

    private async Task<bool> IsOpenAsync() => await TryAsync(static () => Task.FromResult(true)) is BrokenCircuitException;

    private async Task<Exception?> TryAsync(Func<Task<bool>> run, CancellationToken? ct = null, int slot = -1) =>
        (await resilience.TryAsync(RedisResilience.CircuitOf(slot, hasKey: true), run, static run => run(), ResilienceContextPool.Shared.Get(CancellationToken.None), ct ?? Ct)).Exception;
}
