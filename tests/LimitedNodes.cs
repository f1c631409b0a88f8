using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Features.Operators.Day;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests;

/// <summary>
/// Two nodes with small limits, over a Redis of their own, where time passes only as a test says. They stand behind a proxy, so that each test has
/// client addresses of its own.
/// </summary>
public sealed partial class LimitedNodes : IAsyncLifetime
{
    public const int MessagesPerMinute = 5, PollsPerMinute = 6, SessionsPerMinute = 4, FailuresPerMinute = 3;

    /// <summary>The key of the platform.</summary>
    public const string PlatformKey = "the platform's key";

    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());
    private RedisServerProcess? redis;
    private ChatNodes? nodes;

    public ChatNodes Nodes => nodes!;

    public static Dictionary<string, string> Settings => new()
    {
        ["Chat:Limits:MessagesPerMinute"] = $"{MessagesPerMinute}",
        ["Chat:Limits:PollsPerMinute"] = $"{PollsPerMinute}",
        ["Chat:Limits:SessionsPerMinutePerIp"] = $"{SessionsPerMinute}",
        ["Chat:Limits:FailuresPerMinutePerIp"] = $"{FailuresPerMinute}",
        ["ReverseProxy:KnownProxies:0"] = "127.0.0.1",
        ["Platform:ApiKey"] = PlatformKey,
    };

    /// <summary>A visitor with a session, made from an address that no other has.</summary>
    public async Task<ChatClient> VisitorAsync(bool isAccount = false)
    {
        var visitor = isAccount ? ChatClient.Account(Nodes, ChatClient.NewId("user")) : ChatClient.Anonymous(Nodes);
        var opened = (await visitor.FromAsync(NewAddress(), HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created);
        visitor.SessionToken = (string?)opened["token"];
        return visitor;
    }

    /// <summary>A client address that no other test uses.</summary>
    public static string NewAddress() => string.Create(CultureInfo.InvariantCulture, $"198.{Random.Shared.Next(18, 20)}.{Random.Shared.Next(256)}.{Random.Shared.Next(256)}");

    public void Pass(TimeSpan duration) => time.Advance(duration);

    /// <summary>
    /// Asserts that a call is refused in the form of the contract; that a second before the time it names it still is, on both nodes; and
    /// that then it is not, once.
    /// </summary>
    public async Task IsHonestlyRefusedAsync(Func<Task<Answer>> call, int expectedSeconds)
    {
        var refused = await call();
        Assert.Equal(expectedSeconds, RetryAfter(refused));
        Assert.Equal(expectedSeconds, RetryAfter(await call()));
        Pass(TimeSpan.FromSeconds(expectedSeconds - 1));
        Assert.Equal(1, RetryAfter(await call()));
        Assert.Equal(1, RetryAfter(await call()));
        Pass(TimeSpan.FromSeconds(1));
        Assert.NotEqual(HttpStatusCode.TooManyRequests, (await call()).Status);
        Assert.Equal(expectedSeconds, RetryAfter(await call()));
        Assert.Equal(expectedSeconds, RetryAfter(await call()));
    }

    /// <summary>After how many seconds a refused call may be tried again.</summary>
    public static int RetryAfter(Answer refused) =>
        int.Parse(Assert.Single(refused.ExpectProblem(429, "rate_limited").Headers["Retry-After"]), CultureInfo.InvariantCulture);

    /// <summary>How often a stream was read since Redis started.</summary>
    public async Task<long> ReadsAsync()
    {
        var info = (string)(await Nodes.Redis.Database.ExecuteAsync("INFO", "commandstats"))!;
        return StreamReads().Matches(info).Sum(calls => long.Parse(calls.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        nodes = await ChatNodes.StartAsync(redis.Configuration, settings: Settings, change: services =>
        {
            FakeTimeGateway.Register(time)(services);
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ClientLimits>(provider, time));
        });
    }

    public async ValueTask DisposeAsync()
    {
        await using var second = redis;
        await using var first = nodes;
    }

    [GeneratedRegex(@"cmdstat_xrange:calls=(\d+)")]
    private static partial Regex StreamReads();
}

public static class ClientAddresses
{
    /// <summary>A request that the proxy forwards for this client.</summary>
    public static Task<Answer> FromAsync(this ChatClient caller, string address, HttpMethod method, string path, HttpContent? content = null) =>
        caller.SendAsync(method, path, content, request => request.Headers.TryAddWithoutValidation("X-Forwarded-For", address));
}
