using System.Text.Json.Nodes;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Queue;

/// <summary>
/// Two nodes over a Redis of their own, for tests that take whatever call is the oldest or look at a queue as a whole. Those run one after
/// another, and each begins with <see cref="EmptyAsync"/>.
/// </summary>
[CollectionDefinition(nameof(QueueNodes))]
public sealed class QueueNodes(ChatNodes shared) : ICollectionFixture<QueueNodes>, IAsyncLifetime
{
    private readonly LogWatch logs = new();
    private RedisServerProcess? redis;
    private ConnectionMultiplexer? connection;
    private ChatNode[] nodes = [];
    private int turn;

    /// <summary>What is stored.</summary>
    public IDatabase Database => connection!.GetDatabase();

    public QueueClient Anonymous() => new(ChatClient.Anonymous(shared), NextAddress);

    public QueueClient Account(string userId) => new(ChatClient.Account(shared, userId), NextAddress);

    /// <summary>An operator, new unless named.</summary>
    public QueueClient Operator(string? id = null, string role = "operator") => new(ChatClient.Operator(shared, id, role: role), NextAddress);

    /// <summary>A visitor whose call waits.</summary>
    public async Task<Waiting> CallAsync(string department = "support")
    {
        var visitor = Anonymous();
        var session = (string)(await visitor.PostAsync("chat/session"))["sessionId"]!;
        var call = await visitor.PostAsync("chat/session/call-operator", new { department });
        return new Waiting(visitor, session, call);
    }

    /// <summary>Those who wait, in the order in which they were called.</summary>
    public async Task<Waiting[]> CallAsync(int count)
    {
        var calls = new Waiting[count];
        for (var i = 0; i < count; i++)
        {
            calls[i] = await CallAsync();
        }

        return calls;
    }

    /// <summary>The session ids in the list of a department, as stored.</summary>
    public async Task<string[]> QueueAsync(string department = "support") =>
        [.. (await Database.ListRangeAsync(Keys.OfQueue(department)[0])).Select(id => (string)id!)];

    /// <summary>Forgets whatever earlier tests left: nobody waits, no operator was ever there. This Redis is ours alone, so it may.</summary>
    public async Task EmptyAsync()
    {
        foreach (var node in nodes)
        {
            // What no answer waited for would otherwise be stored after this.
            await node.Services.GetRequiredService<BackgroundWriter>().IdleAsync();
        }

        await Database.EmptyAsync();
    }

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        connection = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration},allowAdmin=true");
        nodes = [ChatNode.Start(redis.Configuration, logs), ChatNode.Start(redis.Configuration, logs)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        await connection!.DisposeAsync();
        await redis!.DisposeAsync();
        Assert.True(logs.Unexpected.Count == 0, string.Join('\n', logs.Unexpected));
    }

    private Uri NextAddress() => nodes[Interlocked.Increment(ref turn) % nodes.Length].Address;

    /// <summary>Someone who called an operator, and what the answer was.</summary>
    public sealed record Waiting(QueueClient Visitor, string SessionId, Answer Call);
}

/// <summary>A caller of such nodes; keeps its session token.</summary>
public sealed class QueueClient(ChatClient caller, Func<Uri> nextAddress)
{
    public string? SessionToken { get => caller.SessionToken; set => caller.SessionToken = value; }

    public Task<Answer> GetAsync(string path) => caller.SendToAsync(nextAddress(), HttpMethod.Get, path);

    public async Task<Answer> PostAsync(string path, object? body = null)
    {
        var answer = await caller.SendToAsync(nextAddress(), HttpMethod.Post, path, body);
        if (path == "chat/session" && answer.Body is JsonObject session && session.ContainsKey("token"))
        {
            caller.SessionToken = (string?)session["token"];
        }

        return answer;
    }
}
