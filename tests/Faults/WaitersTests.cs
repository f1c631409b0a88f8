using System.Net;
using Intotes.Chat.Tests.Features.Messages;
using Intotes.Chat.Tests.Hosting;
using Intotes.Chat.Tests.Redis;
using Intotes.Chat.Tests.Storage;

namespace Intotes.Chat.Tests.Faults;

/// <summary>Redis goes away and comes back while a thousand wait, half of them by streams and half by polls.</summary>
[Collection(nameof(Alone))]
public sealed class WaitersTests(ChatNodes shared)
{
    private const int Sessions = 20, OfEach = 50;

    private static readonly TimeSpan ChangesWithin = TimeSpan.FromSeconds(60);

    private static readonly string[] Said = ["The first after it", "The second after it"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_who_wait_while_redis_is_killed_get_what_is_said_afterwards_once_and_in_order()
    {
        var logs = new LogWatch();
        await using var redis = await RedisServerProcess.StartAsync("--appendfsync", "always");
        await using var first = ChatNode.Start(redis.Configuration, logs, PatientNodes.Settings);
        await using var second = ChatNode.Start(redis.Configuration, logs, PatientNodes.Settings);
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

        await redis.KillAsync();
        await UntilAsync("both nodes have noticed", () => AreReadyAsync(nodes, HttpStatusCode.ServiceUnavailable));
        await redis.StartAgainAsync();
        await UntilAsync("both nodes are ready", () => AreReadyAsync(nodes, HttpStatusCode.OK));
        foreach (var text in Said)
        {
            await Task.WhenAll(visitors.Select((visitor, n) => SayAsync(nodes[n % 2], visitor, text)));
        }

        Assert.All(await Task.WhenAll(waiters), heard => Assert.Equal(Said, heard));
        Assert.All(logs.Unexpected, line => Assert.True(
            line.Contains("A connection to Redis is lost", StringComparison.Ordinal) || line.Contains("the circuit is open", StringComparison.Ordinal), line));
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

    private static async Task<IReadOnlyList<string>> StreamAsync(EventStream stream)
    {
        using (stream)
        {
            return await stream.TextsAsync(Said.Length);
        }
    }

    /// <summary>As the widget does: where the service says that it cannot, it comes again.</summary>
    private static async Task<IReadOnlyList<string>> PollAsync(Uri node, ChatClient visitor)
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

            heard.AddRange(answer.Expect(HttpStatusCode.OK).Texts());
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
        await using var admin = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        return (long)(await admin.GetDatabase().ExecuteAsync("PUBSUB", "SHARDNUMSUB", Intotes.Chat.Storage.Keys.Announcements(visitor.SessionToken!.Split('.')[0])))[1];
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
