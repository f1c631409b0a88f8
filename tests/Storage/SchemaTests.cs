using System.Net;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Messages;
using Intotes.Chat.Tests.Hosting;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Storage;

/// <summary>Nodes of different versions over the same data. What the nodes log here is expected.</summary>
public sealed class SchemaTests : IAsyncLifetime
{
    private static readonly string Own = $"{Schema.Major}.{Schema.Minor}";

    private RedisServerProcess? redis;
    private ConnectionMultiplexer? admin;

    private IDatabase Database => admin!.GetDatabase();

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendfsync", "always");
        admin = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
    }

    public async ValueTask DisposeAsync()
    {
        await using var second = redis;
        await using var first = admin;
    }

    [Theory]
    [InlineData(null)]
    [InlineData("0.9")]
    public async Task A_node_notes_its_version_where_there_is_none_or_an_older_one(string? before)
    {
        await (before is null ? Task.CompletedTask : Database.StringSetAsync(Keys.Schema, before));

        await using var node = ChatNode.Start(redis!.Configuration, new LogWatch());

        Assert.Equal(Own, (string?)await Database.StringGetAsync(Keys.Schema));
    }

    [Theory]
    [InlineData(1, 99)]
    [InlineData(1, 0)]
    public async Task A_newer_minor_version_is_nothing_to_it(int major, int minor)
    {
        await Database.StringSetAsync(Keys.Schema, $"{major}.{minor}");

        await using var node = ChatNode.Start(redis!.Configuration, new LogWatch());

        Assert.Equal($"{major}.{minor}", (string?)await Database.StringGetAsync(Keys.Schema));
    }

    [Theory]
    [InlineData("2.0")]
    [InlineData("10.0")]
    [InlineData("later")]
    public async Task It_does_not_start_over_a_newer_major_version_or_one_that_it_cannot_read_and_says_so(string stored)
    {
        await Database.StringSetAsync(Keys.Schema, stored);

        var sentence = await StartTests.RefusalAsync(new()
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development", ["Redis__Configuration"] = ServiceUser.Connecting(redis!.Configuration),
        });

        Assert.Contains($"schema version '{stored}'", sentence, StringComparison.Ordinal);
        Assert.Equal(stored, (string?)await Database.StringGetAsync(Keys.Schema));
    }

    [Fact]
    public async Task Where_redis_was_away_at_the_start_it_stops_as_soon_as_it_finds_out()
    {
        await Database.StringSetAsync(Keys.Schema, "2.0");
        await redis!.KillAsync();
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch());
        var life = node.Services.GetRequiredService<IHostApplicationLifetime>();
        Assert.False(life.ApplicationStopping.IsCancellationRequested);
        var stopped = new TaskCompletionSource();
        await using var registration = life.ApplicationStopping.Register(() => stopped.TrySetResult());

        await redis.StartAgainAsync();

        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Environment.ExitCode = 0;
    }

    [Fact]
    public async Task What_a_newer_node_writes_is_read_as_far_as_it_is_known()
    {
        await using var nodes = await ChatNodes.StartAsync(redis!.Configuration, count: 1);
        var (visitor, dana) = (await MessageSteps.VisitorAsync(nodes), ChatClient.Operator(nodes, role: "supervisor"));
        (await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created);
        var session = SessionToken.Parse(visitor.SessionToken!)!.SessionId;
        var keys = Keys.OfSession(session);
        await Database.StreamAddAsync(keys[1], [new("from", "robot"), new("name", "Marvin"), new("text", "I am new"), new("event", "robot_joined"), new("style", "sad")]);
        await Database.StreamAddAsync(keys[1], [new("from", "visitor"), new("name", ""), new("text", "With a picture"), new("client", "m-9"), new("attachments", "[]")]);
        await Database.StreamAddAsync(keys[1], [new("from", "visitor")]);
        await Database.HashSetAsync(keys[0], [new("status", "parked"), new("mood", "good"), new("read:robot", "1-1")]);
        await Database.HashSetAsync(Keys.OfRoster()[1], "somebody", "lunching-1");
        await Database.SortedSetAddAsync(Keys.OfRoster()[0], "somebody", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

        string[] texts = ["Hello", "I am new", "With a picture", ""];
        foreach (var path in (string[])["chat/poll?after=0-0", "chat/poll?after=0-0&limit=50", "chat/poll", "chat/history"])
        {
            var answer = (await visitor.GetAsync(path)).Expect(HttpStatusCode.OK);
            Assert.Equal(texts, answer.Texts());
            Assert.Equal("active", (string?)answer["status"]);
        }

        foreach (var path in (string[])["chat/session/transcript", "chat/session"])
        {
            var answer = path == "chat/session" ? await visitor.PostAsync(path) : await visitor.GetAsync(path);
            Assert.True((int)answer.Status < 300, $"{path}: {answer.Status} {answer.Body}");
        }

        (await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        (await visitor.SayAsync("Still there?")).Expect(HttpStatusCode.Created);
        foreach (var path in (string[])["operator/operators", "operator/stats", "operator/calls", "operator/sessions", $"operator/sessions/{session}"])
        {
            (await dana.GetAsync(path)).Expect(HttpStatusCode.OK);
        }

        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
    }
}
