using Intotes.Chat.Tests.Redis;

[assembly: AssemblyFixture(typeof(Intotes.Chat.Tests.ChatNodes))]

namespace Intotes.Chat.Tests;

/// <summary>
/// Two nodes of the service over one Redis, each on Kestrel behind a real socket. Tests share them and keep apart by ids of their own.
/// A warning or error that no test announced fails the run.
/// </summary>
public sealed class ChatNodes : IAsyncLifetime
{
    private readonly LogWatch logs = new();
    private ChatNode[] nodes = [];
    private int turn;

    /// <summary>The Redis behind both nodes, for looking at what is stored.</summary>
    public RedisFixture Redis { get; } = new();

    /// <summary>The addresses of the nodes.</summary>
    public IReadOnlyList<Uri> Addresses => [.. nodes.Select(node => node.Address)];

    /// <summary>The services of the first node.</summary>
    public IServiceProvider Services => nodes[0].Services;

    /// <summary>The nodes in turn, as a load balancer would choose.</summary>
    public Uri NextAddress() => nodes[Interlocked.Increment(ref turn) % nodes.Length].Address;

    public async ValueTask InitializeAsync()
    {
        await Redis.InitializeAsync();
        nodes = [ChatNode.Start(Redis.Configuration, logs), ChatNode.Start(Redis.Configuration, logs)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        await Redis.DisposeAsync();
        Assert.Empty(logs.Unexpected);
    }
}
