using System.Globalization;
using System.Net;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>A node where a client reads a megabyte of conversations in a minute.</summary>
public sealed class ReplayLimitTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Polls_and_events_that_replay_a_conversation_count_as_reading_and_talk_goes_on()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var nodes = await ChatNodes.StartAsync(redis.Configuration, count: 1, new Dictionary<string, string> { ["Chat:Limits:ReadMegabytesPerMinute"] = "1" });
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var (store, token) = (nodes.Services.GetRequiredService<MessageStore>(), SessionToken.Parse(visitor.SessionToken!)!);
        var text = string.Concat(Enumerable.Repeat("\U0001F600", MessageText.MostScalars));
        const int messages = 200;
        string? last = null;
        for (var n = 0; n < messages; n++)
        {
            last = (await store.AppendAsync(SessionAccess.ByToken(token), new Caller.Visitor(token), null, text, Ct)).Reply!.Message!.Id;
        }

        // The stream ends by itself, before it has told all.
        var told = 0;
        using (var stream = await EventStream.OpenAsync(nodes.NextAddress(), visitor, "?after=0-0"))
        {
            while (await stream.ReadAsync() is { } next)
            {
                told += next.Data?["messages"]!.AsArray().Count ?? 0;
            }
        }

        Assert.InRange(told, 1, messages - 1);
        foreach (var path in (string[])["chat/poll?after=0-0", "chat/events?after=0-0&wait=1", "chat/poll?after=0-0&limit=300"])
        {
            for (var n = 0; (await visitor.GetAsync(path)).Status != HttpStatusCode.TooManyRequests; n++)
            {
                Assert.True(n < 30, path + " is not counted.");
            }
        }

        // What is refused is hardly read.
        foreach (var path in (string[])["chat/poll?after=0-0", "chat/events?after=0-0&wait=1", "chat/poll?after=0-0&limit=300"])
        {
            var before = await SentByRedisAsync(nodes);
            for (var n = 0; n < 10; n++)
            {
                (await visitor.GetAsync(path)).ExpectProblem(429, "rate_limited");
            }

            Assert.InRange((await SentByRedisAsync(nodes) - before) / 10, 0, 45_000);
        }

        (await visitor.GetAsync("chat/poll?after=" + last)).Expect(HttpStatusCode.OK);
        (await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created);
        Assert.Equal("Hello", (string?)(await visitor.GetAsync("chat/poll?after=" + last))["messages"]![0]!["text"]);
    }

    private static async Task<long> SentByRedisAsync(ChatNodes nodes)
    {
        const string name = "total_net_output_bytes:";
        var stats = (string)(await nodes.Redis.Database.ExecuteAsync("INFO", "stats"))!;
        return long.Parse(stats.Split('\n').Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..], CultureInfo.InvariantCulture);
    }
}
