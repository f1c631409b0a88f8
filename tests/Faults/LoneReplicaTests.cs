using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Messages;
using Intotes.Chat.Tests.Redis;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>
/// <c>Redis__WaitReplicas</c> 1 on a Cluster of three primaries with a replica each. One primary is killed. Its replica takes over and has none itself, so
/// nothing that it takes may be acknowledged. The nodes' map of slots is stale, and each session has a slot of its own.
/// </summary>
[Trait("time", "long")]
public sealed class LoneReplicaTests(ChatNodes shared)
{
    private const int Writers = 18, Idle = 40;

    /// <summary>Far more than a write takes, for the machine may be busy; a shard in trouble holds up no other for as long as it is in trouble.</summary>
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(6), Patience = TimeSpan.FromSeconds(60);

    /// <summary>How long the writers go on after the replica has taken over.</summary>
    private static readonly TimeSpan Afterwards = LongForm.IsAsked ? TimeSpan.FromSeconds(12) : TimeSpan.FromSeconds(4);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_primary_without_replicas_acknowledges_nothing_and_holds_up_no_other()
    {
        await using var cluster = await RedisClusterProcesses.StartAsync(nodeTimeoutMs: 1500);
        await cluster.ServePartlyAsync();
        // What the nodes log here is expected.
        var settings = new Dictionary<string, string> { ["Redis:WaitReplicas"] = "1" };
        await using var first = ChatNode.Start(cluster.Configuration, new LogWatch(), settings);
        await using var second = ChatNode.Start(cluster.Configuration, new LogWatch(), settings);
        Uri[] nodes = [first.Address, second.Address];
        var (lost, others) = await SessionsAsync(cluster, nodes);

        using var end = new CancellationTokenSource();
        var acknowledged = new ConcurrentBag<(string Session, long SentAt, long At)>();
        var busy = lost.Take(Writers / 3).Concat(others.Take(Writers - (Writers / 3))).ToList();
        var writers = busy.Select((visitor, n) => WriteAsync(nodes[n % 2], visitor, acknowledged, end.Token)).ToList();
        await UntilAsync("all are acknowledged", () => Task.FromResult(acknowledged.Select(one => one.Session).Distinct().Count() == Writers));

        await cluster.FailOverAsync();

        var failedOver = Stopwatch.GetTimestamp();
        // Nobody has written to these since the map was drawn, so each meets the stale map anew. All is stored in the end, and none of it acknowledged.
        await Task.WhenAll(lost.Skip(Writers / 3).Select((visitor, n) => UntilAsync("it is stored", async () =>
        {
            (await SayAsync(nodes[n % 2], visitor)).ExpectProblem(503, "storage_unavailable");
            return await IsStoredAsync(nodes[n % 2], visitor);
        })));

        await Task.Delay(Afterwards, Ct);
        await end.CancelAsync();
        await Task.WhenAll(writers);
        var stopped = Stopwatch.GetTimestamp();
        var ofLost = lost.Select(SessionOf).ToHashSet();
        Assert.DoesNotContain(acknowledged, one => ofLost.Contains(one.Session) && one.SentAt > failedOver);
        var gaps = busy.Select(SessionOf).Except(ofLost).Select(session => LongestOf([.. acknowledged.Where(one => one.Session == session).Select(one => one.At), stopped])).ToList();
        Console.WriteLine($"Of {acknowledged.Count} acknowledged writes none was of the shard without a replica. On the other shards a writer waited {gaps.Max().TotalSeconds:0.00} s at most.");
        Assert.All(gaps, gap => Assert.True(gap < LongestGap, $"{gap}"));

        await cluster.StartAgainAsync();
        await UntilAsync("what has a replica again is acknowledged", async () => (await SayAsync(nodes[0], lost[0])).Status == HttpStatusCode.Created);
    }

    private static TimeSpan LongestOf(long[] moments) =>
        moments.Order().Zip(moments.Order().Skip(1)).Select(pair => Stopwatch.GetElapsedTime(pair.First, pair.Second)).Append(TimeSpan.Zero).Max();

    private static async Task WriteAsync(Uri node, ChatClient visitor, ConcurrentBag<(string Session, long SentAt, long At)> acknowledged, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            var sentAt = Stopwatch.GetTimestamp();
            if ((await SayAsync(node, visitor)).Status == HttpStatusCode.Created)
            {
                acknowledged.Add((SessionOf(visitor), sentAt, Stopwatch.GetTimestamp()));
            }

            // Not so fast that the session is full before the end.
            await Task.Delay(20, CancellationToken.None);
        }
    }

    private static Task<Answer> SayAsync(Uri node, ChatClient visitor) => visitor.SendToAsync(node, HttpMethod.Post, "chat/message", new { text = "Is it safe?" });

    private static async Task<bool> IsStoredAsync(Uri node, ChatClient visitor) =>
        await visitor.SendToAsync(node, HttpMethod.Get, "chat/poll?after=0-0") is { Status: HttpStatusCode.OK } poll && poll.Texts().Any();

    private static string SessionOf(ChatClient visitor) => SessionToken.Parse(visitor.SessionToken!)!.SessionId;

    /// <summary>Sessions of the primary that is killed, and of the others.</summary>
    private async Task<(List<ChatClient> Lost, List<ChatClient> Others)> SessionsAsync(RedisClusterProcesses cluster, Uri[] nodes)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(cluster.Configuration);
        var (lost, others) = (new List<ChatClient>(), new List<ChatClient>());
        while (lost.Count < Idle || others.Count < Writers)
        {
            var visitor = ChatClient.Anonymous(shared);
            var opened = await visitor.SendToAsync(nodes[0], HttpMethod.Post, "chat/session");
            if (opened.Status != HttpStatusCode.Created)
            {
                // The first ones may come before each primary counts its replica.
                continue;
            }

            visitor.SessionToken = (string?)opened["token"];
            var owner = (IPEndPoint)redis.GetServer((RedisKey)Keys.Session(SessionOf(visitor))).EndPoint;
            (owner.Port == cluster.Primary(0).Port ? lost : others).Add(visitor);
        }

        return (lost, others);
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"Not within {Patience}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), Ct);
        }
    }
}
