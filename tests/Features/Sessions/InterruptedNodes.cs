using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>Two nodes over a Redis of their own; what the first does can be interrupted.</summary>
public sealed class InterruptedNodes : IAsyncLifetime
{
    private RedisServerProcess? redis;
    private ChatNodes? both;

    public ChatNodes Both => both!;

    internal Interruption First => (Interruption)Both.Services.GetRequiredService<RedisGateway>();

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync();
        both = await ChatNodes.StartAsync(redis.Configuration, change: Interruption.Register);
    }

    public async ValueTask DisposeAsync()
    {
        await using var second = redis;
        await using var first = both;
    }
}
