using System.Net;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Messages;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Storage;

/// <summary>Reads with large answers: a connection, a bulkhead and a circuit of their own.</summary>
public sealed class BulkReadsTests
{
    private const int AtOnce = 4, EnoughToOpen = 20;

    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Redis:BulkReadsAtOnce"] = $"{AtOnce}", ["Redis:AttemptMilliseconds"] = "150", ["Redis:TotalMilliseconds"] = "300",
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task They_take_another_connection_than_all_other_calls()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch());
        var gateway = node.Services.GetRequiredService<RedisGateway>();

        var bulk = await gateway.BulkAsync(1, Keys.Session("s"), 0, static (redis, _) => redis.ExecuteAsync("CLIENT", "ID"), Ct);
        var poll = await gateway.PipelineAsync(1, Keys.Session("s"), 0, static (redis, _) => redis.ExecuteAsync("CLIENT", "ID"), Ct);
        var other = await gateway.CallAsync("CLIENT", static redis => redis.ExecuteAsync("CLIENT", "ID"), Ct);

        Assert.Equal((long)poll, (long)other);
        Assert.NotEqual((long)bulk, (long)other);
    }

    [Fact]
    public async Task Where_they_get_no_answer_their_circuit_opens_and_polls_and_sends_go_on()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var nodes = await ChatNodes.StartAsync(redis.Configuration, count: 1);
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch(), Settings); // what it logs here is expected
        var gateway = node.Services.GetRequiredService<RedisGateway>();
        var visitor = await MessageSteps.VisitorAsync(nodes);
        using var client = new HttpClient { BaseAddress = new Uri(node.Address, "/api/v1/"), DefaultRequestHeaders = { { "X-Chat-Session", visitor.SessionToken } } };
        var never = new TaskCompletionSource<bool>();

        var sent = 0;
        var underWay = Enumerable.Range(0, 2 * EnoughToOpen).Select(_ => gateway.BulkAsync(
            1, Keys.Session("s"), 0, (_, _) => { Interlocked.Increment(ref sent); return never.Task; }, Ct)).ToList();
        Assert.Equal(AtOnce, Volatile.Read(ref sent));
        await AnswersAsync(client, "chat/poll?after=0-0", HttpStatusCode.OK);
        // Until the circuit lets none through.
        while (await IsTriedAsync(gateway, never))
        {
            await AnswersAsync(client, "chat/poll?after=0-0", HttpStatusCode.OK);
        }

        await Assert.ThrowsAsync<StorageUnavailableException>(() => Task.WhenAll(underWay));
        for (var n = 0; n < 3; n++)
        {
            await AnswersAsync(client, "chat/poll?after=0-0", HttpStatusCode.OK);
            await AnswersAsync(client, "/health/ready", HttpStatusCode.OK);
            (await visitor.SayAsync("Still here")).Expect(HttpStatusCode.Created);
        }
    }

    /// <summary>Whether the circuit lets another call through, which then gets no answer.</summary>
    private static async Task<bool> IsTriedAsync(RedisGateway gateway, TaskCompletionSource<bool> never)
    {
        var isTried = false;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Assert.ThrowsAsync<StorageUnavailableException>(() => gateway.BulkAsync(
            1, Keys.Session("s"), 0, (_, _) => { isTried = true; return never.Task; }, Ct))));
        return isTried;
    }

    private static async Task AnswersAsync(HttpClient client, string path, HttpStatusCode status)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), Ct);
        Assert.Equal(status, answer.StatusCode);
    }
}
