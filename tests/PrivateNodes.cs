using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests;

/// <summary>
/// Two nodes over a Redis of their own, for a class whose tests call operators: on the shared one another test that claims the oldest call
/// would be given theirs.
/// </summary>
public sealed class PrivateNodes : IAsyncLifetime
{
    private RedisServerProcess? redis;
    private ChatNodes? nodes;

    public ChatNodes Nodes => nodes!;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync();
        nodes = await ChatNodes.StartAsync(redis.Configuration);
    }

    public async ValueTask DisposeAsync()
    {
        // Last to first, and each even where the one before fails.
        await using var second = redis;
        await using var first = nodes;
    }
}
