using System.Diagnostics.Metrics;
using System.Net;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Queue;

/// <summary>A node that has just started, while the server of a Cluster that has the queues does not answer and that of the sessions does.</summary>
public sealed class QueueAwayTests : IAsyncLifetime
{
    private RedisServerProcess? redis;

    public async ValueTask InitializeAsync() => redis = await RedisServerProcess.StartAsync("--appendonly", "no");

    public async ValueTask DisposeAsync() => await redis!.DisposeAsync();

    [Fact]
    public async Task Who_waits_is_answered_without_the_place_and_told_it_once_the_queue_is_back()
    {
        ChatClient visitor;
        string token;
        await using (var before = await ChatNodes.StartAsync(redis!.Configuration, 1))
        {
            visitor = ChatClient.Anonymous(before);
            token = (string)(await visitor.OpenAsync())["token"]!;
            Assert.NotNull((await visitor.CallOperatorAsync())["queue"]);
        }

        await using var fresh = await ChatNodes.StartAsync(redis.Configuration, 1, change: services => services.AddSingleton<RedisGateway, WithoutQueues>());
        visitor = new ChatClient(fresh) { SessionToken = token };

        foreach (var path in (string[])["chat/poll?after=0-0", "chat/poll", "chat/poll?after=0-0&limit=1"])
        {
            var answer = (await visitor.GetAsync(path)).Expect(HttpStatusCode.OK);
            Assert.Equal(("waiting", null), ((string?)answer["status"], answer["queue"]));
        }

        var opened = (await visitor.OpenAsync()).Expect(HttpStatusCode.OK);
        Assert.Equal(("waiting", null), ((string?)opened["status"], opened["queue"]));

        ((WithoutQueues)fresh.Services.GetRequiredService<RedisGateway>()).AreBack = true;
        var started = TimeProvider.System.GetTimestamp();
        while ((await visitor.GetAsync("chat/poll?after=0-0"))["queue"] is null)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(15), "The place does not come back.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>What concerns a queue is not answered.</summary>
    private sealed class WithoutQueues(RedisConnection connection, RedisResilience resilience, IMeterFactory meters) : RedisGateway(connection, resilience, meters)
    {
        public bool AreBack { get; set; }

        protected override Task<RedisResult> EvaluateAsync(IDatabase redis, Script script, RedisKey[] keys, RedisValue[] arguments) =>
            AreBack || !((string)keys[0]!).StartsWith("chat:{q:", StringComparison.Ordinal)
                ? base.EvaluateAsync(redis, script, keys, arguments)
                : Task.FromException<RedisResult>(new NotReplicatedException());
    }
}
