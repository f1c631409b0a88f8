using System.Net;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Storage;

/// <summary>Behind Sentinel only the server that most Sentinels name is written to, even if others call themselves a primary. What the node logs here is expected.</summary>
[Trait("time", "long")]
public sealed class SentinelsTests(ChatNodes shared)
{
    /// <summary>A Sentinel that finds that its machine stood still for two seconds does nothing for thirty (Redis: "TILT mode").</summary>
    private static readonly TimeSpan ChangesWithin = TimeSpan.FromSeconds(120);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_primary_that_hung_and_comes_back_gets_no_write_and_no_call_fails_for_it()
    {
        await using var redis = await RedisSentinelProcesses.StartAsync();
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch());
        var visitor = await VisitorAsync(node);
        (await SayAsync(node, visitor)).Expect(HttpStatusCode.Created);
        var messages = Keys.OfSession(SessionToken.Parse(visitor.SessionToken!)!.SessionId)[1];

        await redis.Primary.PauseAsync();
        await UntilAsync("a call fails", async () => (await SayAsync(node, visitor)).Status == HttpStatusCode.ServiceUnavailable);
        await UntilAsync("another takes its place", async () => (await SayAsync(node, visitor)).Status == HttpStatusCode.Created, redis);
        await redis.Primary.ResumeAsync();

        await using var former = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{redis.Primary.Port},allowAdmin=true");
        // What was on its way when it hung, it does now, and nobody was told that it was done.
        var (before, looks) = (await LengthAsync(former, messages), 0);
        for (; await LengthAsync(former, messages) is { } now; looks++)
        {
            Assert.Equal(before, now);
            (await SayAsync(node, visitor)).Expect(HttpStatusCode.Created);
            // Not so fast that the session is full before the former primary is demoted.
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.True(looks > 0, "It was demoted before anybody could look.");
    }

    [Fact]
    public async Task Without_sentinels_the_service_goes_on_with_the_primary_that_they_named_last()
    {
        await using var redis = await RedisSentinelProcesses.StartAsync();
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch());
        var visitor = await VisitorAsync(node);
        await redis.LoseSentinelsAsync();
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{redis.Primary.Port},allowAdmin=true");

        // Each time it has to find the way again by itself.
        for (var round = 0; round < 3; round++)
        {
            var cut = 0L;
            foreach (var client in (await admin.GetServers()[0].ClientListAsync()).Where(client => client.Name == "intotes-chat"))
            {
                cut += await admin.GetServers()[0].ClientKillAsync(client.Id);
            }

            Assert.True(cut > 0, "It was not connected.");
            await UntilAsync("it writes again", async () => (await SayAsync(node, visitor)).Status == HttpStatusCode.Created);
        }
    }

    [Fact]
    public async Task Started_while_the_sentinels_are_away_it_is_not_ready_until_they_are_there()
    {
        await using var redis = await RedisSentinelProcesses.StartAsync();
        await redis.LoseSentinelsAsync();
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch());
        var client = ChatClient.Anonymous(shared);
        (await client.SendToAsync(node.Address, HttpMethod.Get, "/health/live")).Expect(HttpStatusCode.OK);
        (await client.SendToAsync(node.Address, HttpMethod.Get, "/health/ready")).Expect(HttpStatusCode.ServiceUnavailable);

        await redis.StartSentinelsAgainAsync();

        await UntilAsync("it is ready", async () => (await client.SendToAsync(node.Address, HttpMethod.Get, "/health/ready")).Status == HttpStatusCode.OK);
        (await SayAsync(node, await VisitorAsync(node))).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task One_sentinel_that_names_another_server_is_outvoted()
    {
        await using var redis = await RedisSentinelProcesses.StartAsync();
        await using var other = await RedisServerProcess.StartAsync();
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch());
        var visitor = await VisitorAsync(node);
        await redis.MisleadAsync(1, other);
        await using var later = ChatNode.Start(redis.Configuration, new LogWatch());
        await VisitorAsync(later);
        await using var strangers = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{other.Port},allowAdmin=true");

        // Sentinels are asked twice a second; this is several times. The stranger knows no such visitor, and would refuse it; a busy machine may be late.
        for (var started = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(3);)
        {
            Answer[] said = [await SayAsync(node, visitor), await SayAsync(later, visitor)];
            Assert.All(said, answer => Assert.True(answer.Status is HttpStatusCode.Created or HttpStatusCode.ServiceUnavailable, $"{answer.Body}"));
        }

        await UntilAsync("both write", async () => (await SayAsync(node, visitor)).Status == HttpStatusCode.Created && (await SayAsync(later, visitor)).Status == HttpStatusCode.Created);

        Assert.DoesNotContain(await strangers.GetServers()[0].ClientListAsync(), client => client.Name == "intotes-chat");
        Assert.Equal(redis.Primary.Port, node.Services.GetRequiredService<RedisConnection>().Address.Port);
        Assert.Equal(redis.Primary.Port, later.Services.GetRequiredService<RedisConnection>().Address.Port);
    }

    [Fact]
    public async Task A_primary_that_still_answers_is_left_as_soon_as_sentinels_name_another()
    {
        await using var redis = await RedisSentinelProcesses.StartAsync();
        await using var other = await RedisServerProcess.StartAsync();
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch());
        await VisitorAsync(node);
        await using var former = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{redis.Primary.Port},allowAdmin=true");
        Assert.Contains(await former.GetServers()[0].ClientListAsync(), client => client.Name == "intotes-chat");

        // Nothing else would end these connections: they work.
        await redis.MisleadAsync(3, other);

        await UntilAsync("it leaves", async () => (await former.GetServers()[0].ClientListAsync()).All(client => client.Name != "intotes-chat"));
        await VisitorAsync(node);
        Assert.Equal(other.Port, node.Services.GetRequiredService<RedisConnection>().Address.Port);
    }

    /// <summary>How many messages there are where the server takes itself for a primary, in one moment; null once it knows that it is none.</summary>
    private static async Task<long?> LengthAsync(ConnectionMultiplexer redis, RedisKey messages)
    {
        try
        {
            var transaction = redis.GetDatabase().CreateTransaction();
            var (role, length) = (transaction.ExecuteAsync("ROLE"), transaction.StreamLengthAsync(messages));
            await transaction.ExecuteAsync();
            return (string?)(await role)[0] == "master" ? await length : null;
        }
        catch (RedisException)
        {
            // In between: it is demoted.
            return null;
        }
    }

    private async Task<ChatClient> VisitorAsync(ChatNode node)
    {
        var visitor = ChatClient.Anonymous(shared);
        // Until the primary counts its replicas it takes no writes.
        await UntilAsync("it takes writes", async () =>
        {
            var opened = await visitor.SendToAsync(node.Address, HttpMethod.Post, "chat/session");
            visitor.SessionToken = opened.Status == HttpStatusCode.Created ? (string?)opened["token"] : null;
            return visitor.SessionToken is not null;
        });
        return visitor;
    }

    private static Task<Answer> SayAsync(ChatNode node, ChatClient visitor) =>
        visitor.SendToAsync(node.Address, HttpMethod.Post, "chat/message", new { text = "Hello" });

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo, RedisSentinelProcesses? redis = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(started) > ChangesWithin)
            {
                Assert.Fail($"Not within {ChangesWithin}: {what}. {(redis is null ? "" : await redis.LogsAsync())}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), Ct);
        }
    }
}
