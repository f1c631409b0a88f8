using System.Text.RegularExpressions;
using Intotes.Chat.Features.Operators;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Redis;

/// <summary>The Redis user that docs/redis.md gives the service. That it may do all that the service needs, every test shows: all nodes are this user.</summary>
public sealed partial class ServiceUserTests : IAsyncLifetime
{
    private RedisServerProcess redis = null!;
    private ConnectionMultiplexer admin = null!;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no", "--enable-debug-command", "yes");
        admin = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration},allowAdmin=true");
    }

    public async ValueTask DisposeAsync()
    {
        await admin.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Theory]
    [InlineData("command keys", "KEYS", "chat:*")]
    [InlineData("command scan", "SCAN", "0")]
    [InlineData("command flushall", "FLUSHALL")]
    [InlineData("command flushdb", "FLUSHDB")]
    [InlineData("command config|get", "CONFIG", "GET", "*")]
    [InlineData("command debug", "DEBUG", "SLEEP", "0")]
    [InlineData("command acl|list", "ACL", "LIST")]
    [InlineData("command monitor", "MONITOR")]
    [InlineData("command shutdown", "SHUTDOWN")]
    [InlineData("command client|list", "CLIENT", "LIST")]
    [InlineData("command script|flush", "SCRIPT", "FLUSH")]
    [InlineData("command cluster|reset", "CLUSTER", "RESET")]
    [InlineData("command subscribe", "SUBSCRIBE", "chat:all")]
    [InlineData("key another:key", "GET", "another:key")]
    [InlineData("key another:key", "SET", "another:key", "value")]
    [InlineData("channel another:channel", "SPUBLISH", "another:channel", "message")]
    [InlineData("key another:key", "EVAL", "return redis.call('GET', 'another:key')", "0")]
    [InlineData("command keys", "EVAL", "return redis.call('KEYS', '*')", "0")]
    public async Task May_do_nothing_but_what_the_service_needs(string refused, string command, params string[] arguments)
    {
        await using var user = await ConnectionMultiplexer.ConnectAsync($"{ServiceUser.Connecting(redis.Configuration)},allowAdmin=true");

        await Assert.ThrowsAsync<RedisServerException>(() => user.GetServers()[0].ExecuteAsync(command, arguments));

        Assert.Contains(refused, await ServiceUser.RefusalsAsync(admin)); // and what this bare client is refused as it connects
    }

    [Fact]
    public async Task Is_refused_nothing_while_the_service_runs()
    {
        var clients = await ConverseAsync();

        Assert.Empty(await ServiceUser.RefusalsAsync(admin));
        Assert.Equal([ServiceUser.Name], clients.Distinct());
    }

    [Fact]
    public async Task May_run_no_command_that_the_service_never_runs()
    {
        string[] onClusterOrBehindSentinel = ["asking", "readonly", "readwrite", "role", "wait"];
        await ConverseAsync();
        var ran = await admin.GetServers()[0].InfoAsync("commandstats");

        var inScripts = Directory.EnumerateFiles(Path.Combine(ArchitectureTests.Root, "src"), "*.lua", SearchOption.AllDirectories)
            .SelectMany(file => CommandOfScript().Matches(File.ReadAllText(file))).Select(name => name.Groups[1].Value.ToLowerInvariant());
        Assert.Empty(ServiceUser.Commands.Except(ran[0].Select(line => line.Key["cmdstat_".Length..])).Except(inScripts).Except(onClusterOrBehindSentinel));
    }

    /// <summary>Has two nodes do all they can, and returns who their connections were to Redis meanwhile.</summary>
    private async Task<IReadOnlyList<string>> ConverseAsync()
    {
        var logs = new LogWatch();
        await using var first = ChatNode.Start(redis.Configuration, logs, Conversation.Limits);
        await using var second = ChatNode.Start(redis.Configuration, logs, Conversation.Limits);
        await Conversation.HoldAsync(first, second);
        await first.Services.GetRequiredService<LeaseSweeper>().SweepAsync(TestContext.Current.CancellationToken);
        Assert.Empty(logs.Unexpected);

        var clients = (string)(await admin.GetServers()[0].ExecuteAsync("CLIENT", "LIST"))!;
        return [.. ClientOfService().Matches(clients).Select(client => client.Groups[1].Value)];
    }

    [GeneratedRegex("'([A-Z]+)'")]
    private static partial Regex CommandOfScript();

    [GeneratedRegex(@"name=intotes-chat .*\buser=(\S+)")]
    private static partial Regex ClientOfService();
}
