using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Storage;

/// <summary>
/// One node that has a Redis to itself, and a clock that stands still, so that no timer of its own says anything in between; and an ear
/// on that Redis.
/// </summary>
public sealed class CountedNode : IAsyncLifetime
{
    private RedisServerProcess? redis;
    private ChatNodes? node;
    private RedisMonitor? monitor;

    public ChatNodes Node => node!;

    internal RedisMonitor Monitor => monitor!;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync();
        node = await ChatNodes.StartAsync(redis.Configuration, count: 1, change: services =>
            services.AddSingleton<TimeProvider>(new FakeTimeProvider(TimeProvider.System.GetUtcNow())));
        monitor = await RedisMonitor.StartAsync(redis.Port);
    }

    public async ValueTask DisposeAsync()
    {
        // Last to first, and each even where the one before fails.
        await using var third = redis;
        await using var second = node;
        await using var first = monitor;
    }
}
