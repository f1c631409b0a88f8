using System.Diagnostics.Metrics;
using System.Net;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>After an outage of Redis that lasted longer than a lease. The sweeps' time passes as the test says; Redis keeps its own. What the node logs is expected.</summary>
public sealed class GraceTests(ChatNodes shared)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), BetweenSweeps = TimeSpan.FromMilliseconds(500), Lease = TimeSpan.FromSeconds(60);

    private readonly FakeTimeProvider time = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Operators_that_come_back_within_the_grace_keep_what_they_have_and_others_lose_it_afterwards()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendfsync", "always");
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch(), change: Register);
        var noted = (Noting)node.Services.GetRequiredService<RedisGateway>();
        var (dana, erik) = (ChatClient.NewId("operator"), ChatClient.NewId("operator"));
        var (ofDana, ofErik) = (await HeldByAsync(node, dana), await HeldByAsync(node, erik));

        await redis.KillAsync();
        var tried = noted.Tries;
        await UntilAsync("a sweep has failed", () =>
        {
            // One is tried three times; the fourth try is the next one's.
            time.Advance(BetweenSweeps);
            return Task.FromResult(noted.Tries >= tried + 4);
        });
        time.Advance(2 * Lease);
        await redis.StartAgainAsync();
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration},allowAdmin=true");
        foreach (var absent in (string[])[dana, erik])
        {
            await admin.GetDatabase().SortedSetAddAsync(Keys.OfRoster()[0], absent, (TimeProvider.System.GetUtcNow() - (2 * Lease)).ToUnixTimeMilliseconds());
        }

        await UntilAsync("Redis is back", async () => (await ChatClient.Anonymous(shared).SendToAsync(node.Address, HttpMethod.Get, "/health/ready")).Status == HttpStatusCode.OK);
        await SweepAsync(noted);
        await SweepAsync(noted);
        Assert.Equal(("active", "active"), (await StatusAsync(node, ofDana), await StatusAsync(node, ofErik)));

        await GetAsync(node, ChatClient.Operator(shared, dana), "operator/sessions");
        time.Advance(Lease);
        await UntilAsync("the one that stays away loses its session", async () =>
        {
            await SweepAsync(noted);
            return await StatusAsync(node, ofErik) == "waiting";
        });
        Assert.Equal("active", await StatusAsync(node, ofDana));
    }

    private void Register(IServiceCollection services) => services
        .AddSingleton<RedisGateway, Noting>()
        .AddSingleton(provider => ActivatorUtilities.CreateInstance<LeaseSweeper>(provider, (TimeProvider)time));

    /// <summary>Has the next sweep begin, which only does so when the one before has ended, and returns when it has asked Redis.</summary>
    private async Task SweepAsync(Noting noted)
    {
        var before = noted.Tries;
        time.Advance(BetweenSweeps);
        await UntilAsync("a sweep has begun", () => Task.FromResult(noted.Tries > before));
    }

    private async Task<ChatClient> HeldByAsync(ChatNode node, string operatorId)
    {
        var visitor = ChatClient.Anonymous(shared);
        var opened = (await visitor.SendToAsync(node.Address, HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created);
        visitor.SessionToken = (string?)opened["token"];
        (await visitor.SendToAsync(node.Address, HttpMethod.Post, "chat/session/call-operator")).Expect(HttpStatusCode.OK);
        var claim = new { sessionId = (string?)opened["sessionId"] };
        (await ChatClient.Operator(shared, operatorId).SendToAsync(node.Address, HttpMethod.Post, "operator/calls/claim", claim)).Expect(HttpStatusCode.OK);
        return visitor;
    }

    private static async Task<string?> StatusAsync(ChatNode node, ChatClient visitor) => (string?)(await GetAsync(node, visitor, "chat/poll?after=0-0"))["status"];

    /// <summary>As clients do it: for a moment after Redis is back, some are still told to come again.</summary>
    private static async Task<Answer> GetAsync(ChatNode node, ChatClient client, string path)
    {
        Answer? answer = null;
        await UntilAsync($"{path} is answered", async () => (answer = await client.SendToAsync(node.Address, HttpMethod.Get, path)).Status != HttpStatusCode.ServiceUnavailable);
        return answer!.Expect(HttpStatusCode.OK);
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"Not within {Patience}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), Ct);
        }
    }

    /// <summary>A gateway that counts how often a sweep has looked at the queues.</summary>
    private sealed class Noting(RedisConnection connection, RedisResilience resilience, IMeterFactory meters) : RedisGateway(connection, resilience, meters)
    {
        private int tries;

        public int Tries => Volatile.Read(ref tries);

        protected override async Task<RedisResult> EvaluateAsync(IDatabase redis, Script script, RedisKey[] keys, RedisValue[] arguments)
        {
            try
            {
                return await base.EvaluateAsync(redis, script, keys, arguments);
            }
            finally
            {
                if (script.Name == "sweep_queue" && keys[0] == Keys.OfQueue("support")[0])
                {
                    Interlocked.Increment(ref tries);
                }
            }
        }
    }
}
