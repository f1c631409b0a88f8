using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;

[assembly: AssemblyFixture(typeof(Intotes.Chat.Tests.ChatNodes))]

namespace Intotes.Chat.Tests;

/// <summary>
/// Two nodes of the service over one Redis, each on Kestrel behind a real socket. Tests share them and keep apart by ids of their own.
/// A warning or error that no test announced fails the run.
/// </summary>
public sealed class ChatNodes : IAsyncLifetime
{
    private readonly LogWatch logs = new();
    private readonly Func<string, ChatNode[]> start;
    private ChatNode[] nodes = [];
    private int turn;

    public ChatNodes() => (Redis, start) = (
        new RedisFixture(), redis => [ChatNode.Start(redis, logs, Storage.PatientNodes.Settings), ChatNode.Start(redis, logs, Storage.PatientNodes.Settings)]);

    private ChatNodes(string redis, int count, IEnumerable<KeyValuePair<string, string>>? settings, Action<IServiceCollection>? change) =>
        (Redis, start) = (
            new RedisFixture(redis),
            configuration => [.. Enumerable.Range(0, count).Select(_ => ChatNode.Start(configuration, logs, Patiently(settings ?? []), change))]);

    /// <summary>The Redis behind the nodes, for looking at what is stored.</summary>
    public RedisFixture Redis { get; }

    /// <summary>The addresses of the nodes.</summary>
    public IReadOnlyList<Uri> Addresses => [.. nodes.Select(node => node.Address)];

    /// <summary>The services of the first node.</summary>
    public IServiceProvider Services => nodes[0].Services;

    /// <summary>The services of the second node.</summary>
    public IServiceProvider ServicesOfSecond => nodes[1].Services;

    /// <summary>The nodes in turn, as a load balancer would choose.</summary>
    public Uri NextAddress() => nodes[Interlocked.Increment(ref turn) % nodes.Length].Address;

    /// <summary>Nodes of a test's own: over a Redis that no other test uses, or with settings of their own. They wait long for Redis unless set otherwise.</summary>
    public static async Task<ChatNodes> StartAsync(
        string redis, int count = 2, IReadOnlyDictionary<string, string>? settings = null, Action<IServiceCollection>? change = null)
    {
        var nodes = new ChatNodes(redis, count, settings, change);
        await nodes.InitializeAsync();
        return nodes;
    }

    /// <summary>With so much patience that a busy machine is not taken for a Redis that is away.</summary>
    private static Dictionary<string, string> Patiently(IEnumerable<KeyValuePair<string, string>> settings) =>
        Storage.PatientNodes.Settings.Concat(settings).GroupBy(setting => setting.Key).ToDictionary(values => values.Key, values => values.Last().Value);

    public async ValueTask InitializeAsync()
    {
        await Redis.InitializeAsync();
        nodes = start(Redis.Configuration);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        // A node that was told to end may still be closing its connection: losing Redis before that is nothing unexpected.
        var unexpected = string.Join('\n', logs.Unexpected);
        await Redis.DisposeAsync();
        Assert.Equal("", unexpected);
    }
}
