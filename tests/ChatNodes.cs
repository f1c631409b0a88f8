using Intotes.Chat.Tests.Redis;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Logging;

[assembly: AssemblyFixture(typeof(Intotes.Chat.Tests.ChatNodes))]

namespace Intotes.Chat.Tests;

/// <summary>
/// Two nodes of the service over one Redis, each on Kestrel behind a real socket. Tests share them and keep apart by ids of their own.
/// A warning or error that no test announced fails the run.
/// </summary>
public sealed class ChatNodes : IAsyncLifetime
{
    private readonly LogWatch logs = new();
    private Node[] nodes = [];
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
        nodes = [new Node(Redis.Configuration, logs), new Node(Redis.Configuration, logs)];
        foreach (var node in nodes)
        {
            node.StartServer();
        }
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

    private sealed class Node : WebApplicationFactory<Program>
    {
        private readonly string redis;
        private readonly LogWatch logs;

        public Node(string redis, LogWatch logs)
        {
            (this.redis, this.logs) = (redis, logs);
            UseKestrel(0);
        }

        public Uri Address => ClientOptions.BaseAddress;

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseEnvironment("Development");
            builder.UseSetting("Redis:Configuration", redis);
            builder.UseSetting("Chat:Departments:0", "support");
            builder.UseSetting("Chat:Departments:1", "billing");
            builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(logs));
        }
    }
}
