using System.Net;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Messages;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>Two nodes over a Redis that runs short of memory: anonymous visitors are refused first.</summary>
public sealed class MemoryShortageTests : IAsyncLifetime
{
    private RedisServerProcess? redis;
    private ChatNodes? nodes;
    private ConnectionMultiplexer? admin;

    private ChatNodes Nodes => nodes!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        nodes = await ChatNodes.StartAsync(redis.Configuration, settings: new Dictionary<string, string> { ["Chat:Memory:AnonymousShare"] = "0" });
        admin = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration},allowAdmin=true");
        // So much that what a test stores is little beside it.
        await admin.GetDatabase().StringSetRangeAsync("ballast", 64 * 1024 * 1024, "x");
    }

    public async ValueTask DisposeAsync()
    {
        await using var third = redis;
        await using var second = nodes;
        await using var first = admin;
    }

    [Fact]
    public async Task New_anonymous_sessions_are_refused_first_then_anonymous_messages_and_accounts_and_operators_go_on()
    {
        var (visitor, account, dana) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Account(Nodes, ChatClient.NewId("user")), ChatClient.Operator(Nodes));
        var session = await visitor.ServeAsync(dana);
        await UseAsync(0.75);
        (await ChatClient.Anonymous(Nodes).OpenAsync()).Expect(HttpStatusCode.Created);

        await UseAsync(0.85);
        await OnBothAsync(async () => IsShort(await ChatClient.Anonymous(Nodes).OpenAsync()));
        await OnBothAsync(async () => (await visitor.OpenAsync()).Expect(HttpStatusCode.OK));
        await OnBothAsync(async () => (await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created));

        await UseAsync(0.95);
        await OnBothAsync(async () => IsShort(await ChatClient.Anonymous(Nodes).OpenAsync()));
        await OnBothAsync(async () => IsShort(await visitor.SayAsync("Hello")));
        await OnBothAsync(async () => (await dana.SayAsync("Good day", sessionId: session)).Expect(HttpStatusCode.Created));
        await OnBothAsync(async () => (await visitor.PollAsync("?after=0-0"))["messages"]!.AsArray().Count.ToString(provider: null));
        (await account.OpenAsync()).Expect(HttpStatusCode.Created);
        await OnBothAsync(async () => (await account.SayAsync("Hello")).Expect(HttpStatusCode.Created));
        (await account.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);

        await UseAsync(0.75);
        var after = ChatClient.Anonymous(Nodes);
        (await after.OpenAsync()).Expect(HttpStatusCode.Created);
        (await after.SayAsync("Hello")).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Without_a_maximum_nobody_is_refused()
    {
        await admin!.GetServers()[0].ConfigSetAsync("maxmemory", 0);
        await ReadAsync();

        var visitor = await MessageSteps.VisitorAsync(Nodes);
        (await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created);
    }

    private static void IsShort(Answer answer) => Assert.Equal("30", Assert.Single(answer.ExpectProblem(503, "storage_unavailable").Headers["Retry-After"]));

    private static async Task OnBothAsync(Func<Task> act)
    {
        await act();
        await act();
    }

    /// <summary>Has Redis use this share of its maximum, and the nodes know it.</summary>
    private async Task UseAsync(double share)
    {
        var server = admin!.GetServers()[0];
        await server.ConfigSetAsync("maxmemory", 0);
        await ReadAsync();
        await server.ConfigSetAsync("maxmemory", (long)(Nodes.Services.GetRequiredService<RedisMemory>().UsedBytes / share));
        await ReadAsync();
        Assert.InRange(Nodes.Services.GetRequiredService<RedisMemory>().Share, share - 0.03, share + 0.03);
    }

    private async Task ReadAsync()
    {
        await Nodes.Services.GetRequiredService<RedisMemory>().ReadAsync(Ct);
        await Nodes.ServicesOfSecond.GetRequiredService<RedisMemory>().ReadAsync(Ct);
    }
}

/// <summary>Two nodes whose anonymous sessions together take only so much of Redis.</summary>
public sealed class AnonymousBytesTests : IAsyncLifetime
{
    private const long Most = 200_000, MaxMemory = 256L * 1024 * 1024;

    private static readonly string Emoji = string.Concat(Enumerable.Repeat("\U0001F600", 4000));

    private RedisServerProcess? redis;
    private ChatNodes? nodes;

    private ChatNodes Nodes => nodes!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no", "--maxmemory", $"{MaxMemory}");
        nodes = await ChatNodes.StartAsync(redis.Configuration, settings: new Dictionary<string, string>
        {
            ["Chat:Memory:AnonymousShare"] = ((double)Most / MaxMemory).ToString(System.Globalization.CultureInfo.InvariantCulture),
        });
        await Nodes.Services.GetRequiredService<RedisMemory>().ReadAsync(Ct);
        await Nodes.ServicesOfSecond.GetRequiredService<RedisMemory>().ReadAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await using var second = redis;
        await using var first = nodes;
    }

    [Fact]
    public async Task The_total_follows_sessions_that_grow_are_called_closed_linked_and_erased()
    {
        var (one, other, third) = (await MessageSteps.VisitorAsync(Nodes), await MessageSteps.VisitorAsync(Nodes), await MessageSteps.VisitorAsync(Nodes));
        Assert.Equal(3 * SessionStore.SessionOverhead, await TotalAsync());

        await one.SayAsync(Emoji);
        await one.SayAsync(Emoji);
        await other.SayAsync("Hello");
        await third.SayAsync("Hello");
        await IsSumAsync(one, other, third);

        var dana = ChatClient.Operator(Nodes);
        var session = await one.ServeAsync(dana);
        await dana.SayAsync("Good day", sessionId: session);
        await IsSumAsync(one, other, third);
        (await dana.PostAsync($"operator/sessions/{session}/close")).Expect(HttpStatusCode.OK);
        await IsSumAsync(one, other, third);

        // What an account has is not anonymous any more.
        other.Bearer = Jwt.Issue(ChatClient.NewId("user"));
        (await other.OpenAsync()).Expect(HttpStatusCode.OK);
        await other.SayAsync(Emoji);
        await IsSumAsync(one, third);

        (await one.SendAsync(HttpMethod.Delete, "chat/session", null)).Expect(HttpStatusCode.NoContent);
        await IsSumAsync(third);
    }

    [Fact]
    public async Task What_ends_is_counted_off_and_a_repeated_change_counts_once()
    {
        var store = Nodes.Services.GetRequiredService<AnonymousStore>();
        var hour = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 3600;
        var before = await TotalAsync();
        Assert.Equal(before + 5000, await store.CountAsync("r1", new Dictionary<long, long> { [hour + 2] = 2000, [hour + 700] = 3000 }, Ct));
        Assert.Equal(before + 5000, await store.CountAsync("r1", new Dictionary<long, long> { [hour + 2] = 2000, [hour + 700] = 3000 }, Ct));
        // What has ended already adds nothing.
        Assert.Equal(before + 5000, await store.CountAsync("r2", new Dictionary<long, long> { [hour - 1] = 7000 }, Ct));

        // As if it had been written three hours ago.
        await Nodes.Redis.Database.HashSetAsync(Keys.AnonymousBytes, [new HashEntry("first", hour - 3), new HashEntry(hour - 1, 2000)]);
        Assert.Equal(before + 3000, await store.CountAsync("r3", new Dictionary<long, long>(), Ct));
        Assert.False(await Nodes.Redis.Database.HashExistsAsync(Keys.AnonymousBytes, hour - 1));
        Assert.True(await Nodes.Redis.Database.KeyTimeToLiveAsync(Keys.AnonymousBytes) > TimeSpan.FromDays(30));

        // Lost changes never make it less than nothing.
        Assert.Equal(0, await store.CountAsync("r4", new Dictionary<long, long> { [hour + 2] = -900_000 }, Ct));
    }

    [Fact]
    public async Task Once_the_total_is_reached_anonymous_visitors_wait_and_accounts_do_not()
    {
        var visitors = new List<ChatClient>();
        while (await TotalAsync() < Most * AnonymousBytes.SessionsBelow)
        {
            Assert.InRange(visitors.Count, 0, 2 * Most / 16_000);
            visitors.Add(await MessageSteps.VisitorAsync(Nodes));
            (await visitors[^1].SayAsync(Emoji)).Expect(HttpStatusCode.Created);
        }

        (await ChatClient.Anonymous(Nodes).OpenAsync()).ExpectProblem(503, "storage_unavailable");
        while (await TotalAsync() < Most)
        {
            (await visitors[0].SayAsync(Emoji)).Expect(HttpStatusCode.Created);
        }

        (await visitors[0].SayAsync("Hello")).ExpectProblem(503, "storage_unavailable");
        var account = ChatClient.Account(Nodes, ChatClient.NewId("user"));
        (await account.OpenAsync()).Expect(HttpStatusCode.Created);
        (await account.SayAsync(Emoji)).Expect(HttpStatusCode.Created);

        foreach (var visitor in visitors)
        {
            (await visitor.SendAsync(HttpMethod.Delete, "chat/session", null)).Expect(HttpStatusCode.NoContent);
        }

        Assert.Equal(0, await TotalAsync());
        (await ChatClient.Anonymous(Nodes).OpenAsync()).Expect(HttpStatusCode.Created);
    }

    /// <summary>What both nodes know once they have told each other.</summary>
    private async Task<long> TotalAsync()
    {
        foreach (var services in (IServiceProvider[])[Nodes.Services, Nodes.ServicesOfSecond, Nodes.Services])
        {
            await services.GetRequiredService<AnonymousWatch>().CountAsync(Ct);
        }

        return Nodes.Services.GetRequiredService<AnonymousBytes>().Total;
    }

    private async Task IsSumAsync(params ChatClient[] visitors)
    {
        var sum = 0L;
        foreach (var visitor in visitors)
        {
            sum += (long)await Nodes.Redis.Database.HashGetAsync(Keys.Session(SessionToken.Parse(visitor.SessionToken!)!.SessionId), "bytes");
        }

        Assert.Equal(sum, await TotalAsync());
    }
}
