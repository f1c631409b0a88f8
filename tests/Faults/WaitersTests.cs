using System.Net;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Messages;
using Intotes.Chat.Tests.Hosting;
using Intotes.Chat.Tests.Redis;
using Intotes.Chat.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>Redis goes away and comes back while a thousand wait, half of them by streams and half by polls.</summary>
[Collection(nameof(Alone))]
[Trait("time", "long")]
public sealed class WaitersTests(ChatNodes shared)
{
    private const int Sessions = 25, OfEach = 40;

    private static readonly TimeSpan ChangesWithin = TimeSpan.FromSeconds(60);

    private static readonly string[] Said = ["While no node heard", "After it"];

    private int heardFirst;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_who_wait_while_redis_is_killed_get_what_is_said_afterwards_once_and_in_order()
    {
        var logs = new LogWatch();
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var redis = await RedisServerProcess.StartAsync("--appendfsync", "always");
        await using var network = TcpProxy.To(redis.Port);
        await using var first = ChatNode.Start($"127.0.0.1:{network.Port}", logs, PatientNodes.Settings, services => Wait(services, time));
        await using var second = ChatNode.Start($"127.0.0.1:{network.Port}", logs, PatientNodes.Settings, services => Wait(services, time));
        Uri[] nodes = [first.Address, second.Address];
        var visitors = await Task.WhenAll(Enumerable.Range(0, Sessions).Select(n => VisitorAsync(nodes[n % 2])));
        var waiters = new List<Task<IReadOnlyList<string>>>();
        for (var n = 0; n < OfEach; n++)
        {
            // Of each session at both nodes, and by turns.
            var (node, polls) = (nodes[n % 2], n % 4 < 2);
            waiters.AddRange(await Task.WhenAll(visitors.Select(async visitor => polls ? PollAsync(node, visitor) : StreamAsync(await OpenAsync(node, visitor)))));
        }

        await UntilAsync("all of them wait", async () =>
            (await Task.WhenAll(visitors.Select(visitor => ListenersAsync(redis, visitor)))).All(count => count == 2));

        network.Refuse();
        await redis.KillAsync();
        await UntilAsync("both nodes have noticed", () => AreReadyAsync(nodes, HttpStatusCode.ServiceUnavailable));
        await redis.StartAgainAsync();
        // No node hears of the first one, so only the reconnection can wake those who wait.
        await StoreUnheardAsync(redis, visitors);
        network.Heal();
        await UntilAsync("both nodes are ready", () => AreReadyAsync(nodes, HttpStatusCode.OK));
        // Who woke while the circuit was still open looks again within five seconds; who did not wake would wait for 15 or 25.
        time.Advance(TimeSpan.FromSeconds(5));
        await UntilAsync("all have heard the first", () => Task.FromResult(Volatile.Read(ref heardFirst) == Sessions * OfEach));
        await Task.WhenAll(visitors.Select((visitor, n) => SayAsync(nodes[n % 2], visitor, Said[1])));

        Assert.All(await Task.WhenAll(waiters), heard => Assert.Equal(Said, heard));
        Assert.All(logs.Unexpected, line => Assert.True(
            line.Contains("A connection to Redis is lost", StringComparison.Ordinal) || line.Contains("the circuit is open", StringComparison.Ordinal), line));
    }

    /// <summary>Those who wait at a node do so by a time that does not pass by itself.</summary>
    private static void Wait(IServiceCollection services, TimeProvider time)
    {
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<MessageFollower>(provider, time));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<MessagePoller>(provider, time));
    }

    private static async Task StoreUnheardAsync(RedisServerProcess redis, IEnumerable<ChatClient> visitors)
    {
        await using var direct = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        NameValueEntry[] entry = [new("from", "visitor"), new("name", ""), new("text", Said[0])];
        await Task.WhenAll(visitors.Select(visitor => direct.GetDatabase().StreamAddAsync(Keys.OfSession(visitor.SessionToken!.Split('.')[0])[1], entry)));
    }

    private async Task<ChatClient> VisitorAsync(Uri node)
    {
        var visitor = ChatClient.Anonymous(shared);
        visitor.SessionToken = (string?)(await visitor.SendToAsync(node, HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created)["token"];
        return visitor;
    }

    private static async Task<EventStream> OpenAsync(Uri node, ChatClient visitor)
    {
        var stream = await EventStream.OpenAsync(node, visitor, "?after=0-0");
        await stream.NextAsync();
        return stream;
    }

    private async Task<IReadOnlyList<string>> StreamAsync(EventStream stream)
    {
        using (stream)
        {
            var heard = await stream.TextsAsync(1);
            Interlocked.Increment(ref heardFirst);
            return heard.Count == Said.Length ? heard : [.. heard, .. await stream.TextsAsync(1)];
        }
    }

    /// <summary>As the widget does: where the service says that it cannot, it comes again.</summary>
    private async Task<IReadOnlyList<string>> PollAsync(Uri node, ChatClient visitor)
    {
        var (heard, cursor) = (new List<string>(), "0-0");
        while (heard.Count < Said.Length)
        {
            var answer = await visitor.SendToAsync(node, HttpMethod.Get, $"chat/poll?wait=25&after={cursor}");
            if (answer.Status == HttpStatusCode.ServiceUnavailable)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), Ct);
                continue;
            }

            var before = heard.Count;
            heard.AddRange(answer.Expect(HttpStatusCode.OK).Texts());
            Interlocked.Add(ref heardFirst, before == 0 && heard.Count > 0 ? 1 : 0);
            cursor = (string)answer["cursor"]!;
        }

        return heard;
    }

    private static async Task SayAsync(Uri node, ChatClient visitor, string text)
    {
        var id = ChatClient.NewId("m");
        await UntilAsync("it is said", async () =>
            (await visitor.SendToAsync(node, HttpMethod.Post, "chat/message", new { text, clientMessageId = id })).Status is HttpStatusCode.Created or HttpStatusCode.OK);
    }

    private async Task<bool> AreReadyAsync(IEnumerable<Uri> nodes, HttpStatusCode status) =>
        (await Task.WhenAll(nodes.Select(node => ChatClient.Anonymous(shared).SendToAsync(node, HttpMethod.Get, "/health/ready")))).All(answer => answer.Status == status);

    private static async Task<long> ListenersAsync(RedisServerProcess redis, ChatClient visitor)
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        return (long)(await admin.GetDatabase().ExecuteAsync("PUBSUB", "SHARDNUMSUB", Keys.Announcements(visitor.SessionToken!.Split('.')[0])))[1];
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < ChangesWithin, $"Not within {ChangesWithin}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), Ct);
        }
    }
}
