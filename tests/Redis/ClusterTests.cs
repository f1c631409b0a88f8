using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Reflection;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Operators.Race;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Redis;

/// <summary>The service over a Redis Cluster, where a script that touches two slots fails.</summary>
[Trait("time", "long")]
public sealed class ClusterTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_call_is_lost_or_given_twice_on_a_cluster()
    {
        await using var cluster = await RedisClusterProcesses.StartAsync();

        Console.WriteLine("On a cluster: " + await new QueueRace(calls: 2000, seats: 48).RunAsync(cluster.Configuration));
    }

    [Fact]
    public async Task Two_nodes_hold_a_conversation_over_a_cluster_and_every_script_works_there()
    {
        var logs = new LogWatch();
        await using var cluster = await RedisClusterProcesses.StartAsync();
        await using var first = ChatNode.Start(cluster.Configuration, logs, Conversation.Limits, Noting.Register);
        // So few that Redis counts each: by scripts, where the other node reads without.
        var counted = new Dictionary<string, string>(Conversation.Limits) { ["Chat:Limits:PollsPerMinute"] = "39" };
        await using var second = ChatNode.Start(cluster.Configuration, logs, counted, Noting.Register);
        await Conversation.HoldAsync(first, second);
        await PutBackAsync(first);
        await AbandonAsync(first);
        await first.Services.GetRequiredService<LeaseSweeper>().SweepAsync(Ct);
        await ReachLimitsAsync(first);

        var all = typeof(Scripts).GetMembers(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(m => m is FieldInfo { FieldType: var field } && field == typeof(Script) || m is PropertyInfo { PropertyType: var property } && property == typeof(Script))
            .Select(m => m.Name).Where(name => !name.StartsWith('<')).Except(["canned", "gcra", "note", "notes", "queue", "roster", "session"]); // these are included in others
        Assert.Empty(all.Except(Noting.Names.Keys));
        Assert.Empty(logs.Unexpected);
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{cluster.Configuration},allowAdmin=true");
        Assert.Empty(await ServiceUser.RefusalsAsync(admin));
    }

    /// <summary>No endpoint does it unless two claims of one operator race for its last place.</summary>
    private static async Task PutBackAsync(ChatNode node)
    {
        var desk = new Desk(node.Services);
        var claims = node.Services.GetRequiredService<ClaimStore>();
        var session = await desk.CallAsync(await desk.OpenAsync(Ct), "support", Ct);
        Assert.Equal(session.Id, (await claims.LendAsync("support", "dana", null, Ct)).SessionId);
        await claims.PutBackAsync("support", session.Id, "dana", Ct);
        Assert.Equal([session.Id], await desk.Queue.HeadAsync("support", 10, Ct));
    }

    /// <summary>Nobody in the conversation calls so often, or is audited so much.</summary>
    private static async Task ReachLimitsAsync(ChatNode node)
    {
        var (queue, audit) = (node.Services.GetRequiredService<QueueStore>(), node.Services.GetRequiredService<AuditStore>());
        Assert.True(await queue.CountAsync("support", "one", "198.51.100.7", 1, ["support", "billing"], Ct));
        Assert.False(await queue.CountAsync("billing", "another", "198.51.100.7", 1, ["support", "billing"], Ct));
        Assert.InRange(await audit.TrimAsync(DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime), 5, Ct), 1, 5);
    }

    /// <summary>No visitor of the conversation waits for long enough.</summary>
    private static async Task AbandonAsync(ChatNode node)
    {
        var desk = new Desk(node.Services);
        var session = await desk.CallAsync(await desk.OpenAsync(Ct), "billing", Ct);
        await desk.Queue.SeeAsync("billing", [session.Id], Ct);
        await desk.Sessions.AbandonAsync(session.Id, "billing", Ct);
        Assert.Equal(SessionStatus.Open, (await desk.Sessions.FindAsync(session.Id, Ct))!.Status);
    }

    /// <summary>A gateway that notes which scripts have run without an error.</summary>
    private sealed class Noting(RedisConnection connection, RedisResilience resilience, IMeterFactory meters) : RedisGateway(connection, resilience, meters)
    {
        public static readonly ConcurrentDictionary<string, bool> Names = new();

        public static void Register(IServiceCollection services) => services.AddSingleton<RedisGateway, Noting>();

        protected override async Task<RedisResult> EvaluateAsync(IDatabase redis, Script script, RedisKey[] keys, RedisValue[] arguments)
        {
            var reply = await base.EvaluateAsync(redis, script, keys, arguments);
            Names[script.Name] = true;
            return reply;
        }
    }
}
