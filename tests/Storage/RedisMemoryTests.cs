using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Storage;

/// <summary>What a node knows of the memory of Redis.</summary>
[Trait("time", "long")]
public sealed class RedisMemoryTests
{
    private const long Maximum = 64 * 1024 * 1024;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_server_says_how_much_it_uses_of_how_much_and_without_a_limit_nothing_is_full()
    {
        await using var redis = await RedisServerProcess.StartAsync("--maxmemory", $"{Maximum}");
        await using var nodes = await ChatNodes.StartAsync(redis.Configuration, count: 1);
        var memory = nodes.Services.GetRequiredService<RedisMemory>();

        await memory.ReadAsync(Ct);
        var before = memory.UsedBytes;
        Assert.Equal(Maximum, memory.MaximumBytes);
        Assert.InRange(before, 500_000, Maximum / 2);
        Assert.Equal((double)before / Maximum, memory.Share);
        Assert.Equal(memory.Share, memory.ShareOf(Keys.Session("any")));

        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration},allowAdmin=true");
        await nodes.Redis.Database.StringSetRangeAsync("ballast", (Maximum / 2) - 1, "x");
        await memory.ReadAsync(Ct);
        Assert.InRange(memory.UsedBytes, before + (Maximum / 2), before + (Maximum * 3 / 4));
        Assert.InRange(memory.Share, 0.5, 0.85);

        await admin.GetServers()[0].ConfigSetAsync("maxmemory", 0);
        await memory.ReadAsync(Ct);
        Assert.Equal((0, 0), (memory.MaximumBytes, memory.Share));
    }

    [Fact]
    public async Task What_a_server_said_is_no_longer_believed_once_it_has_been_silent_for_half_a_minute()
    {
        await using var redis = await RedisServerProcess.StartAsync("--maxmemory", $"{Maximum}");
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var nodes = await ChatNodes.StartAsync(redis.Configuration, count: 1, change: services => services.AddSingleton<TimeProvider>(time));
        var memory = nodes.Services.GetRequiredService<RedisMemory>();
        await memory.ReadAsync(Ct);
        await redis.PauseAsync();

        time.Advance(TimeSpan.FromSeconds(29));
        Assert.NotEqual(0, memory.Share);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, memory.Share);
        await redis.ResumeAsync();
    }

    [Fact]
    public async Task Each_primary_of_a_cluster_has_its_own_share()
    {
        await using var cluster = await RedisClusterProcesses.StartAsync();
        await using var nodes = await ChatNodes.StartAsync(cluster.Configuration, count: 1);
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{cluster.Configuration},allowAdmin=true");
        var memory = nodes.Services.GetRequiredService<RedisMemory>();
        var (here, there) = ("{b}", "{a}");
        var full = admin.GetDatabase().IdentifyEndpoint(here);
        Assert.NotEqual(full, await admin.GetDatabase().IdentifyEndpointAsync(there));
        await admin.GetDatabase().StringSetRangeAsync(here, (6 * 1024 * 1024) - 1, "x");
        foreach (var server in admin.GetServers())
        {
            await server.ConfigSetAsync("maxmemory", server.EndPoint.Equals(full) ? 8 * Maximum / 64 : Maximum);
        }

        await memory.ReadAsync(Ct);

        Assert.Equal(3, memory.Servers.Count);
        Assert.Equal((2 * Maximum) + (Maximum / 8), memory.MaximumBytes);
        Assert.InRange(memory.ShareOf(here), 0.7, 2);
        Assert.Equal(memory.Share, memory.ShareOf(here));
        Assert.InRange(memory.ShareOf(there), 0.001, 0.5);
    }
}
