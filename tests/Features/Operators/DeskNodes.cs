using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>
/// Two nodes over a Redis of their own, for tests that look at the desk as a whole: the oldest call, the queues, who is online. The tests
/// of the collection run one after another, and each begins with <see cref="EmptyAsync"/>.
/// </summary>
[CollectionDefinition(nameof(DeskNodes))]
public class DeskNodes : ICollectionFixture<DeskNodes>, IAsyncLifetime
{
    private readonly ChatNodes shared;
    private readonly Dictionary<string, string> settings = [];
    private readonly LogWatch logs = new();
    private readonly ChatNode?[] nodes = new ChatNode?[2];
    private RedisServerProcess? redis;
    private ConnectionMultiplexer? connection;
    private int turn;

    public DeskNodes(ChatNodes shared) => this.shared = shared;

    /// <param name="shared">Those of all tests.</param>
    /// <param name="further">Settings besides the usual ones.</param>
    protected DeskNodes(ChatNodes shared, params IEnumerable<(string Name, string Value)> further)
        : this(shared)
    {
        foreach (var (name, value) in further)
        {
            settings[name] = value;
        }
    }

    /// <summary>What is stored.</summary>
    public IDatabase Database => connection!.GetDatabase();

    /// <summary>An anonymous visitor without a session.</summary>
    public DeskCaller Visitor() => new(ChatClient.Anonymous(shared), NextAddress);

    /// <summary>A signed-in customer, new unless named.</summary>
    public DeskCaller Account(string? id = null, string? name = null) =>
        new(ChatClient.Account(shared, id ?? ChatClient.NewId("user"), name), NextAddress);

    /// <summary>Someone whose bearer token another than the platform signed.</summary>
    public DeskCaller BadlySigned()
    {
        var caller = ChatClient.Account(shared, "user");
        caller.Bearer = Jwt.Issue("user", key: new string('k', 32));
        return new DeskCaller(caller, NextAddress);
    }

    /// <summary>An operator, new unless named.</summary>
    public DeskCaller Operator(string? id = null, string name = "Dana", string role = "operator")
    {
        var operatorId = id ?? ChatClient.NewId("operator");
        return new DeskCaller(ChatClient.Operator(shared, operatorId, name, role), NextAddress, operatorId);
    }

    /// <summary>Somebody with this bearer token.</summary>
    protected DeskCaller Bearing(string token, string id)
    {
        var caller = ChatClient.Account(shared, id);
        caller.Bearer = token;
        return new DeskCaller(caller, NextAddress, id);
    }

    public DeskCaller Supervisor() => Operator(name: "Sue", role: "supervisor");

    /// <summary>A visitor whose call waits.</summary>
    public async Task<DeskCall> CallAsync(string department = "support", DeskCaller? visitor = null)
    {
        visitor ??= Visitor();
        var sessionId = (string)(await visitor.OpenAsync())["sessionId"]!;
        var call = await visitor.PostAsync("chat/session/call-operator", new { department });
        return new DeskCall(visitor, sessionId, (string)call["calledAt"]!);
    }

    /// <summary>A visitor that this operator has.</summary>
    public async Task<DeskCall> CallHeldByAsync(DeskCaller @operator, string department = "support", DeskCaller? visitor = null)
    {
        var call = await CallAsync(department, visitor);
        (await @operator.ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK);
        return call;
    }

    /// <summary>Returns once so many nodes listen to the channel.</summary>
    public async Task ListeningAsync(string channel, int count = 1)
    {
        var started = TimeProvider.System.GetTimestamp();
        while ((long)(await Database.ExecuteAsync("PUBSUB", "SHARDNUMSUB", channel))[1] < count)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(15), $"Nobody listens to {channel}.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Where a node listens.</summary>
    public Uri Address(int node) => nodes[node]!.Address;

    /// <summary>The services of a node.</summary>
    public IServiceProvider Services(int node) => nodes[node]!.Services;

    /// <summary>Stops a node, if it is there, and starts one in its place.</summary>
    public async Task StartAgainAsync(int node)
    {
        if (nodes[node] is { } former)
        {
            nodes[node] = null;
            await former.DisposeAsync();
        }

        nodes[node] = ChatNode.Start(redis!.Configuration, logs, settings, Change);
    }

    /// <summary>Forgets what earlier tests left: nobody waits, no operator was ever there. This Redis is ours alone, so it may.</summary>
    public async Task EmptyAsync()
    {
        foreach (var node in nodes)
        {
            // What no answer waited for would otherwise be stored after this.
            await (node?.Services.GetRequiredService<BackgroundWriter>().IdleAsync() ?? Task.CompletedTask);
        }

        await Database.EmptyAsync();
    }

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        connection = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration},allowAdmin=true");
        await StartAgainAsync(0);
        await StartAgainAsync(1);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await (node?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        var unexpected = string.Join('\n', logs.Unexpected.Where(line => !IsExpected(line)));
        await (connection?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (redis?.DisposeAsync() ?? ValueTask.CompletedTask);
        GC.SuppressFinalize(this);
        Assert.Equal("", unexpected);
    }

    /// <summary>A warning or error that the tests bring about.</summary>
    protected virtual bool IsExpected(string line) => false;

    /// <summary>Replaces services of the nodes.</summary>
    protected virtual void Change(IServiceCollection services)
    {
    }

    private Uri NextAddress() => nodes[Interlocked.Increment(ref turn) & 1]!.Address;
}

/// <summary>Someone who called an operator, and when, as the service said.</summary>
public sealed record DeskCall(DeskCaller Visitor, string SessionId, string CalledAt)
{
    /// <summary>The events in the visitor's conversation, in order.</summary>
    public async Task<IReadOnlyList<string>> EventsAsync() =>
        [.. (await Visitor.PollAsync())["messages"]!.AsArray().Select(m => (string?)m!["event"]).OfType<string>()];

    /// <summary>Status and place, as a poll says.</summary>
    public async Task<(string? Status, JsonNode? Queue)> StandingAsync()
    {
        var poll = await Visitor.PollAsync();
        return ((string?)poll["status"], poll["queue"]);
    }
}
