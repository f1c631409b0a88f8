using System.Diagnostics.Metrics;
using System.Net;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Messages;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Storage;

/// <summary>Redis__WaitReplicas 1, and the one replica comes and goes.</summary>
public sealed class ReplicasTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private RedisServerProcess? redis;
    private ChatNodes? carefree, careful;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The calls that wait for the replica.</summary>
    private Uri Careful => careful!.Addresses[0];

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--repl-diskless-sync-delay", "0");
        carefree = await ChatNodes.StartAsync(redis.Configuration, count: 1);
        careful = await ChatNodes.StartAsync(redis.Configuration, count: 1, settings: new Dictionary<string, string> { ["Redis:WaitReplicas"] = "1" });
    }

    public async ValueTask DisposeAsync()
    {
        await using var third = redis;
        await using var second = carefree;
        await using var first = careful;
    }

    [Fact]
    public async Task Without_a_replica_nothing_is_acknowledged_reads_go_on_and_the_node_stays_ready()
    {
        var visitor = await MessageSteps.VisitorAsync(carefree!);
        // More than would open the circuit, if that was what it counted.
        var refused = await Task.WhenAll(Enumerable.Range(0, 25).Select(_ => SayAsync(visitor, "m-1")));
        Assert.All(refused, answer => answer.ExpectProblem(503, "storage_unavailable"));

        // It is stored, once; only that it will stay so cannot be said.
        foreach (var path in (string[])["chat/history", "chat/poll?after=0-0"])
        {
            Assert.Equal(["Is it safe?"], (await visitor.SendToAsync(Careful, HttpMethod.Get, path)).Expect(HttpStatusCode.OK).Texts());
        }

        (await visitor.SendToAsync(Careful, HttpMethod.Get, "/health/ready")).Expect(HttpStatusCode.OK);

        await using var replica = await ReplicaAsync(visitor);
        (await SayAsync(visitor, "m-1")).Expect(HttpStatusCode.OK);
        (await SayAsync(visitor, "m-2")).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task What_is_repeated_and_writes_nothing_waits_for_the_replica_all_the_same()
    {
        var visitor = await MessageSteps.VisitorAsync(carefree!);
        await using var replica = await ReplicaAsync(visitor);
        await replica.PauseAsync();

        (await SayAsync(visitor, "m-1")).ExpectProblem(503, "storage_unavailable");
        (await SayAsync(visitor, "m-1")).ExpectProblem(503, "storage_unavailable");

        await replica.ResumeAsync();
        await UntilAsync("it is acknowledged", async () => (await SayAsync(visitor, "m-1")).Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Before_it_waits_the_connection_that_waits_writes_so_that_there_is_something_to_wait_for()
    {
        var visitor = await MessageSteps.VisitorAsync(carefree!);
        await using var replica = await ReplicaAsync(visitor);
        (await SayAsync(visitor, "m-1")).Expect(HttpStatusCode.Created);

        // The repeated call writes nothing itself, and Redis 7.2 and later would wait for nothing.
        await using var monitor = await RedisMonitor.StartAsync(redis!.Port);
        var commands = await monitor.CommandsAsync(async () => (await SayAsync(visitor, "m-1")).Expect(HttpStatusCode.OK));

        var own = commands.SkipWhile(command => !command.StartsWith("EVALSHA", StringComparison.OrdinalIgnoreCase)).ToList();
        var wait = own.FindIndex(command => command.StartsWith("WAIT", StringComparison.OrdinalIgnoreCase));
        Assert.True(wait > 0, string.Join('\n', commands));
        Assert.StartsWith("EVAL return", own[wait - 1], StringComparison.OrdinalIgnoreCase);
        Assert.Empty(careful!.Redis.Database.Multiplexer.GetServers()[0].Keys(pattern: "chat:*:marker:*"));
    }

    [Fact]
    public async Task What_the_server_has_lost_before_it_is_asked_is_not_acknowledged_however_many_replicas_it_has()
    {
        var visitor = await MessageSteps.VisitorAsync(carefree!);
        await using var replica = await ReplicaAsync(visitor);
        (await SayAsync(visitor, "m-1")).Expect(HttpStatusCode.Created);

        // As after a failover between the write and the question, or where the map of slots leads to another server.
        await using var unlucky = ChatNode.Start(
            redis!.Configuration, new LogWatch(), new Dictionary<string, string> { ["Redis:WaitReplicas"] = "1" }, services => services.AddSingleton<RedisGateway, Losing>());
        (await visitor.SendToAsync(unlucky.Address, HttpMethod.Post, "chat/session")).ExpectProblem(503, "storage_unavailable");
    }

    [Fact]
    public async Task What_is_written_at_the_same_time_shares_the_wait()
    {
        var visitor = await MessageSteps.VisitorAsync(carefree!);
        await using var replica = await ReplicaAsync(visitor);
        await replica.PauseAsync();
        await using var monitor = await RedisMonitor.StartAsync(redis!.Port);

        var commands = await monitor.CommandsAsync(async () =>
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => SayAsync(visitor, $"m-{n}")));
            Assert.All(answers, answer => answer.ExpectProblem(503, "storage_unavailable"));
        });

        // One of each would take Redis 40 times as long as one may take.
        Assert.InRange(commands.Count(command => command.StartsWith("WAIT", StringComparison.OrdinalIgnoreCase)), 1, 20);
    }

    [Fact]
    public async Task What_is_refused_needs_no_replica_and_leaves_no_marker()
    {
        var (visitor, stranger, closed) = (await MessageSteps.VisitorAsync(carefree!), await MessageSteps.VisitorAsync(carefree!), await MessageSteps.VisitorAsync(carefree!));
        stranger.SessionToken = $"{visitor.SessionToken!.Split('.')[0]}.{stranger.SessionToken!.Split('.')[1]}";
        (await closed.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        var marked = 0;
        await using var monitor = await RedisMonitor.StartAsync(redis!.Port);

        var commands = await monitor.CommandsAsync(async () =>
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await SayAsync(stranger, "m-1")).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.SendToAsync(Careful, HttpMethod.Post, "chat/session/close")).Status);
            (await SayAsync(closed, "m-1")).ExpectProblem(409, "session_closed");
            marked = careful!.Redis.Database.Multiplexer.GetServers()[0].Keys(pattern: "chat:*:marker:*").Count();
        });

        Assert.Equal(0, marked);
        Assert.DoesNotContain(commands, command => command.StartsWith("WAIT", StringComparison.OrdinalIgnoreCase));
        // Ending it again changes nothing, but it is acknowledged.
        (await closed.SendToAsync(Careful, HttpMethod.Post, "chat/session/close")).ExpectProblem(503, "storage_unavailable");
    }

    [Fact]
    public async Task While_the_memory_is_full_everything_can_be_erased_and_nothing_can_be_stored()
    {
        var visitor = await MessageSteps.VisitorAsync(carefree!);
        await using var replica = await ReplicaAsync(visitor);
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{redis!.Configuration},allowAdmin=true");
        await admin.GetServers()[0].ConfigSetAsync("maxmemory", 1);

        (await SayAsync(visitor, "m-1")).ExpectProblem(503, "storage_unavailable");
        Assert.Empty((await visitor.SendToAsync(Careful, HttpMethod.Get, "chat/history")).Expect(HttpStatusCode.OK).Texts());
        (await visitor.SendToAsync(Careful, HttpMethod.Delete, "chat/session")).Expect(HttpStatusCode.NoContent);

        Assert.Equal(HttpStatusCode.Unauthorized, (await visitor.SendToAsync(Careful, HttpMethod.Get, "chat/history")).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_repeated_claim_waits_for_the_replica_too(bool hasId)
    {
        var (visitor, dana) = (await MessageSteps.VisitorAsync(carefree!), ChatClient.Operator(carefree!));
        var sessionId = (string)(await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK)["sessionId"]!;
        await using var replica = await ReplicaAsync(visitor);
        await replica.PauseAsync();
        Task<Answer> ClaimAsync() => dana.SendToAsync(Careful, HttpMethod.Post, "operator/calls/claim", hasId ? new { clientClaimId = "c-1" } : (object)new { sessionId });

        (await ClaimAsync()).ExpectProblem(503, "storage_unavailable");
        Assert.Equal("active", (string?)(await visitor.PollAsync("?after=0-0"))["status"]);
        (await ClaimAsync()).ExpectProblem(503, "storage_unavailable");

        await replica.ResumeAsync();
        await UntilAsync("it is acknowledged", async () => (await ClaimAsync()).Status == HttpStatusCode.OK);
        Assert.Equal(["operator_called", "operator_joined"], (await visitor.HistoryAsync()).Events().Where(e => e is not null));
    }

    private Task<Answer> SayAsync(ChatClient visitor, string clientMessageId) =>
        visitor.SendToAsync(Careful, HttpMethod.Post, "chat/message", new { text = "Is it safe?", clientMessageId });

    /// <summary>A replica that has everything.</summary>
    private async Task<RedisServerProcess> ReplicaAsync(ChatClient visitor)
    {
        var replica = await RedisServerProcess.StartAsync("--replicaof", "127.0.0.1", $"{redis!.Port}");
        await UntilAsync("the replica counts", async () =>
            (await visitor.SendToAsync(Careful, HttpMethod.Post, "chat/session")).Status == HttpStatusCode.OK
            && (long)await careful!.Redis.Database.ExecuteAsync("WAIT", 1, 100) == 1);
        return replica;
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"Not within {Patience}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), Ct);
        }
    }

    /// <summary>A gateway whose Redis loses all it has after each script.</summary>
    private sealed class Losing(RedisConnection connection, RedisResilience resilience, IMeterFactory meters) : RedisGateway(connection, resilience, meters)
    {
        protected override async Task<RedisResult> EvaluateAsync(IDatabase redis, Script script, RedisKey[] keys, RedisValue[] arguments)
        {
            var reply = await base.EvaluateAsync(redis, script, keys, arguments);
            await Task.WhenAll(Array.ConvertAll(keys, key => redis.ExecuteAsync("UNLINK", key)));
            return reply;
        }
    }
}
