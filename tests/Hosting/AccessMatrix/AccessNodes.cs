using Intotes.Chat.Tests.Redis;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Hosting.AccessMatrix;

/// <summary>Two nodes that know the platform's key, over a Redis of their own, which each scene empties.</summary>
public sealed class AccessNodes : IAsyncLifetime
{
    public const string PlatformKey = "key-of-the-platform";

    private RedisServerProcess? redis;
    private ConnectionMultiplexer? connection;
    private ChatNodes? nodes;

    public ChatNodes Nodes => nodes!;

    public IConnectionMultiplexer Redis => connection!;

    /// <summary>
    /// What is stored, but for the audit stream, which grows when somebody is refused; with the roster of operators only where an operator is not the caller, because any call of one shows that it is there.
    /// </summary>
    public async Task<string> DumpAsync(string pattern = "*", bool withRoster = true)
    {
        var dump = await RedisDump.ReadAsync(Redis, pattern);
        string[] roster = withRoster ? [] : [":seen", ":presence", ":names"];
        return RedisDump.Text(dump.Where(entry => !roster.Any(key => entry.Key == "chat:{operators}" + key) && !entry.Key.StartsWith("chat:{a:", StringComparison.Ordinal)).ToDictionary());
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
