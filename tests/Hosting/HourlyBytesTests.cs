using System.Net;
using System.Net.Http.Json;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>How many bytes one client may have stored in an hour.</summary>
public sealed class HourlyBytesTests
{
    private const int PerHour = 100_000;

    private static readonly string Emoji = string.Concat(Enumerable.Repeat("\U0001F600", 4000));

    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public void An_hours_worth_may_come_at_once_and_then_as_much_as_has_come_back()
    {
        using var bytes = new ClientBucket(PerHour, TimeSpan.FromHours(1), time);
        Assert.Null(bytes.Take("one", PerHour - 1000));
        Assert.Null(bytes.Take("one", 1000));
        Assert.Equal(36, bytes.Take("one", 1000)!.Value.TotalSeconds, 3);
        Assert.Null(bytes.Take("another", PerHour));

        time.Advance(TimeSpan.FromSeconds(35));
        Assert.NotNull(bytes.Take("one", 1000));
        time.Advance(TimeSpan.FromSeconds(1.001));
        Assert.Null(bytes.Take("one", 1000));
        Assert.NotNull(bytes.Take("one", 1000));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Null(bytes.Take("one", PerHour));
    }

    [Fact]
    public void Nobody_waits_longer_because_the_clock_is_set_back()
    {
        var wall = new WallClock(time);
        using var bytes = new ClientBucket(PerHour, TimeSpan.FromHours(1), wall);
        Assert.Null(bytes.Take("one", PerHour));

        wall.SetBack = TimeSpan.FromHours(1);

        Assert.Equal(36, bytes.Take("one", 1000)!.Value.TotalSeconds, 3);
        time.Advance(TimeSpan.FromSeconds(36.001));
        Assert.Null(bytes.Take("one", 1000));
    }

    [Fact]
    public void What_is_remembered_of_clients_is_bounded()
    {
        using var bytes = new ClientBucket(PerHour, TimeSpan.FromHours(1), time);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var client = 0; client < 300_000; client++)
        {
            bytes.Take($"client {client}", 1000);
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, 0, 60_000_000);
    }

    [Fact]
    public async Task One_address_stores_no_more_over_all_its_sessions_while_accounts_behind_it_and_other_addresses_go_on()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var nodes = await ChatNodes.StartAsync(
            redis.Configuration,
            count: 1,
            new Dictionary<string, string> { ["ReverseProxy:KnownProxies:0"] = "127.0.0.1", ["Chat:Limits:BytesPerHourPerIp"] = $"{PerHour}" },
            services => services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ClientLimits>(provider, time)));
        var (address, stored) = (LimitedNodes.NewAddress(), 0);
        Answer last;
        do
        {
            // A session for each message, as one would who wants to go round the limit of a session.
            var visitor = ChatClient.Anonymous(nodes);
            last = await visitor.FromAsync(address, HttpMethod.Post, "chat/session", JsonContent.Create(new { pageUrl = "https://example.com/" + new string('x', 1900) }));
            visitor.SessionToken = last.Status == HttpStatusCode.Created ? (string?)last["token"] : null;
            if (last.Status == HttpStatusCode.Created)
            {
                last = await visitor.FromAsync(address, HttpMethod.Post, "chat/message", JsonContent.Create(new { text = Emoji }));
                stored += last.Status == HttpStatusCode.Created ? 16_000 : 0;
            }
        }
        while (last.Status == HttpStatusCode.Created);

        Assert.InRange(LimitedNodes.RetryAfter(last), 1, 3600);
        Assert.InRange(stored, PerHour / 2, PerHour);
        var account = ChatClient.Account(nodes, ChatClient.NewId("user"));
        (await account.FromAsync(address, HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created);
        (await account.FromAsync(address, HttpMethod.Post, "chat/message", JsonContent.Create(new { text = Emoji }))).Expect(HttpStatusCode.Created);
        (await ChatClient.Anonymous(nodes).FromAsync(LimitedNodes.NewAddress(), HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created);

        time.Advance(TimeSpan.FromSeconds(LimitedNodes.RetryAfter(last)));
        (await ChatClient.Anonymous(nodes).FromAsync(address, HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created);

        // An account is counted by itself, wherever it comes from.
        do
        {
            last = await account.FromAsync(LimitedNodes.NewAddress(), HttpMethod.Post, "chat/message", JsonContent.Create(new { text = Emoji }));
            stored += 16_000;
        }
        while (last.Status == HttpStatusCode.Created && stored < 5 * PerHour);

        LimitedNodes.RetryAfter(last);
    }

    /// <summary>A clock that somebody sets back, while time goes on.</summary>
    private sealed class WallClock(TimeProvider time) : TimeProvider
    {
        public TimeSpan SetBack { get; set; }

        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() - SetBack;

        public override long GetTimestamp() => time.GetTimestamp();
    }
}
