using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Storage;

/// <summary>What a node knows of the servers of Redis: whether they can write, and whether their data is still theirs.</summary>
public sealed class RedisServersTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_disk_refuses_writes_nodes_stay_ready_and_reads_go_on()
    {
        await using var redis = await RedisServerProcess.StartAsync("--save", "3600 1");
        await using var nodes = await ChatNodes.StartAsync(redis.Configuration, count: 1);
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration},allowAdmin=true");
        var servers = nodes.Services.GetRequiredService<RedisServers>();
        var visitor = ChatClient.Anonymous(nodes);
        await visitor.OpenAsync();
        (await visitor.SayAsync("Before")).Expect(HttpStatusCode.Created);
        await servers.ReadAsync(Ct);
        var state = Assert.Single(servers.States);
        Assert.False(state.IsPersistenceFailing);
        Assert.InRange(state.ClockOffsetSeconds, -5, 5);

        // A folder of the snapshot's name: Redis cannot put the snapshot in its place, as on a disk that is full.
        var inTheWay = Directory.CreateDirectory(Path.Combine(redis.DataDirectory, "dump.rdb"));
        await SaveUntilAsync(admin, servers, isFailing: true);

        (await visitor.SayAsync("Meanwhile")).ExpectProblem(503, "storage_unavailable");
        (await visitor.GetAsync("chat/history")).Expect(HttpStatusCode.OK);
        (await visitor.GetAsync("chat/poll?after=0-0")).Expect(HttpStatusCode.OK);
        using var http = new HttpClient { BaseAddress = nodes.Addresses[0] };
        // What readiness says may be half a second old.
        await Task.Delay(TimeSpan.FromMilliseconds(600), Ct);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/health/ready", UriKind.Relative), Ct)).StatusCode);

        inTheWay.Delete();
        await SaveUntilAsync(admin, servers, isFailing: false);
        (await visitor.SayAsync("After")).Expect(HttpStatusCode.Created);
        var history = (await visitor.GetAsync("chat/history?event=false"))["messages"]!.AsArray();
        Assert.Equal(["Before", "After"], history.Select((JsonNode? message) => (string?)message!["text"]));
    }

    [Fact]
    public async Task A_primary_that_hangs_hides_no_other_and_is_shown_as_it_was()
    {
        await using var cluster = await RedisClusterProcesses.StartAsync();
        await using var node = ChatNode.Start(cluster.Configuration, new LogWatch()); // what it logs here is expected
        var servers = ActivatorUtilities.CreateInstance<RedisServers>(node.Services);
        await servers.ReadAsync(Ct);
        Assert.Equal(3, servers.States.Count);

        // The time of the last backup is not to be on the one that hangs.
        var other = (IPEndPoint)node.Services.GetRequiredService<RedisConnection>().Multiplexer.GetServer(Keys.Backup).EndPoint;
        await Enumerable.Range(0, 3).Select(cluster.Primary).First(primary => primary.Port != other.Port).PauseAsync();
        await servers.ReadAsync(Ct);

        Assert.Equal(3, servers.States.Count);
    }

    [Fact]
    public void Lines_of_the_same_name_as_of_two_modules_hide_nothing()
    {
        var state = ServerState.From(
            new IPEndPoint(IPAddress.Loopback, 6379), "# Modules\r\nmodule:name=bf,ver=1\r\nmodule:name=search,ver=2\r\n# Stats\r\nevicted_keys:7\r\n", TimeSpan.Zero);

        Assert.Equal(7, state.Evictions);
    }

    [Fact]
    public async Task A_data_set_that_is_gone_is_noticed_once_by_each_node()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        var logs = new LogWatch();
        await using var one = ChatNode.Start(redis.Configuration, logs);
        await using var other = ChatNode.Start(redis.Configuration, logs);
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration},allowAdmin=true");
        DataSetMarks[] nodes = [.. new[] { one, other }.Select(node => ActivatorUtilities.CreateInstance<DataSetMarks>(node.Services))];
        await CheckAsync();
        await CheckAsync();
        Assert.Equal([0, 0], nodes.Select(node => node.Losses));

        await admin.GetServers()[0].FlushAllDatabasesAsync();
        await CheckAsync();
        await CheckAsync();

        Assert.Equal([1, 1], nodes.Select(node => node.Losses));
        Assert.Contains(logs.Unexpected, line => line.Contains("Redis came back without its data", StringComparison.Ordinal));

        async Task CheckAsync()
        {
            foreach (var node in nodes)
            {
                await node.CheckAsync(Ct);
            }
        }
    }

    [Fact]
    public async Task A_data_set_that_went_while_no_node_was_there_shows_by_the_time_of_its_mark()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var node = ChatNode.Start(
            redis.Configuration, new LogWatch(), change: services => services.Remove(services.Single(service => service.ImplementationType == typeof(RedisWatch))));
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration},allowAdmin=true");
        var (key, started) = (Keys.Mark(0), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());

        await admin.GetDatabase().StringSetAsync(key, "AbCdEfGhIjKlMnOp");
        Assert.Equal((0, 0), await FindAsync());
        await admin.GetDatabase().StringSetAsync(key, "AbCdEfGhIjKlMnOp 1000");
        Assert.Equal((1000, 0), await FindAsync());

        await admin.GetServers()[0].FlushAllDatabasesAsync();
        var (created, warnings) = await FindAsync();
        Assert.InRange(created, started, started + 300);
        Assert.Equal(1, warnings);
        Assert.Equal((created, 0), await FindAsync());

        // As a node does that starts.
        async Task<(long Created, int Warnings)> FindAsync()
        {
            var log = new WarningCount();
            var marks = ActivatorUtilities.CreateInstance<DataSetMarks>(node.Services, log);
            await marks.CheckAsync(Ct);
            return (marks.Created, log.Count);
        }
    }

    private static async Task SaveUntilAsync(ConnectionMultiplexer admin, RedisServers servers, bool isFailing)
    {
        var started = TimeProvider.System.GetTimestamp();
        do
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromMinutes(1), "Redis does not save.");
            try
            {
                await admin.GetServers()[0].SaveAsync(SaveType.BackgroundSave);
            }
            catch (RedisServerException)
            {
                // One is under way.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), Ct);
            await servers.ReadAsync(Ct);
        }
        while (servers.States is not [{ IsPersistenceFailing: var failing }] || failing != isFailing);
    }

    private sealed class WarningCount : ILogger<DataSetMarks>
    {
        public int Count { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Count += logLevel == LogLevel.Warning ? 1 : 0;
    }
}
