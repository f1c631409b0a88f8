using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Hosting.AccessMatrix;

/// <summary>Two nodes that know the platform's key, over a Redis of their own, which each scene empties.</summary>
public sealed class AccessNodes : IAsyncLifetime
{
    public const string PlatformKey = "key-of-the-platform";

    /// <summary>The audit stream, and what nodes write every few seconds by themselves: the bytes of anonymous sessions, and which departments there are.</summary>
    private static readonly string[] Kept = ["chat:{a:", "chat:{anonymous}:bytes", "chat:{anonymous}:counted:", "chat:{queues}:departments"];

    private RedisServerProcess? redis;
    private ConnectionMultiplexer? connection;
    private ChatNodes? nodes;

    public ChatNodes Nodes => nodes!;

    public IConnectionMultiplexer Redis => connection!;

    /// <summary>
    /// What is stored, once the nodes have done what no answer waited for, but for what grows when somebody is refused or time passes; with the roster of operators only where an operator is not the caller, because any call of one shows that it is there.
    /// </summary>
    public async Task<string> DumpAsync(string pattern = "*", bool withRoster = true)
    {
        await Nodes.Services.GetRequiredService<BackgroundWriter>().IdleAsync();
        await Nodes.ServicesOfSecond.GetRequiredService<BackgroundWriter>().IdleAsync();
        var dump = await RedisDump.ReadAsync(Redis, pattern);
        string[] roster = withRoster ? [] : [":seen", ":presence", ":names"];
        return RedisDump.Text(dump.Where(entry => !roster.Any(key => entry.Key == "chat:{operators}" + key) && !Kept.Any(key => entry.Key.StartsWith(key, StringComparison.Ordinal))).ToDictionary());
    }

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        connection = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration},allowAdmin=true");
        nodes = await ChatNodes.StartAsync(redis.Configuration, settings: new Dictionary<string, string> { ["Platform:ApiKey"] = PlatformKey });
    }

    public async ValueTask DisposeAsync()
    {
        // Last to first, and each even where the one before fails.
        await using var third = redis;
        await using var second = connection;
        await using var first = nodes;
    }
}
