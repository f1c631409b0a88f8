using System.Net;
using System.Security.Claims;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Features.Messages;
using Intotes.Chat.Tests.Redis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>One node behind a proxy, where a client reads two conversations at once, and all clients of a kind five.</summary>
public sealed class FewReaders : IAsyncLifetime
{
    private RedisServerProcess? redis;
    private ChatNodes? nodes;

    public ChatNodes Nodes => nodes!;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        nodes = await ChatNodes.StartAsync(redis.Configuration, count: 1, settings: new Dictionary<string, string>(Storage.PatientNodes.Settings)
        {
            ["Chat:Limits:ReadersPerClient"] = "2", ["Chat:Limits:ReadersAtOnce"] = "5", ["ReverseProxy:KnownProxies:0"] = "127.0.0.1",
        });
    }

    public async ValueTask DisposeAsync()
    {
        await using var second = redis;
        await using var first = nodes;
    }
}

/// <summary>How many conversations a client and a node read at once, and how much.</summary>
public sealed class ReadLimitsTests(FewReaders few) : IClassFixture<FewReaders>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("chat/history")]
    [InlineData("chat/history?limit=500")]
    [InlineData("chat/session/transcript")]
    public async Task A_client_reads_two_at_once_and_others_are_served_meanwhile(string path)
    {
        var (visitor, address) = (await LargeAsync(), LimitedNodes.NewAddress());
        using var first = await SlowAsync(visitor, path, address);
        using var second = await SlowAsync(visitor, path, address);

        (await visitor.FromAsync(address, HttpMethod.Get, path)).ExpectProblem(429, "rate_limited");
        Assert.Equal(1, LimitedNodes.RetryAfter(await visitor.FromAsync(address, HttpMethod.Get, path)));
        (await visitor.FromAsync(address, HttpMethod.Get, "chat/poll?after=0-0")).Expect(HttpStatusCode.OK);
        (await visitor.FromAsync(LimitedNodes.NewAddress(), HttpMethod.Get, path)).Expect(HttpStatusCode.OK);

        second.Dispose();
        await UntilServedAsync(() => visitor.FromAsync(address, HttpMethod.Get, path));
    }

    [Fact]
    public async Task A_node_reads_five_at_once_and_anonymous_readers_take_no_place_of_those_who_signed_in()
    {
        var visitor = await LargeAsync();
        var readers = new List<SlowReader>();
        // Readers of another test may not have left yet.
        await UntilAsync(async () =>
        {
            readers.Add(await SlowReader.OpenAsync(few.Nodes.Addresses[0], "chat/history", visitor.SessionToken, bytesAtOnce: 4096, $"X-Forwarded-For: {LimitedNodes.NewAddress()}\r\n"));
            return readers.Count(reader => reader.Head.Contains(" 200 ", StringComparison.Ordinal)) == 5;
        });

        var refused = (await visitor.FromAsync(LimitedNodes.NewAddress(), HttpMethod.Get, "chat/history")).ExpectProblem(503, "busy");
        Assert.Equal("1", Assert.Single(refused.Headers["Retry-After"]));
        var customer = ChatClient.Account(few.Nodes, ChatClient.NewId("user"));
        (await customer.OpenAsync()).Expect(HttpStatusCode.Created);
        (await customer.GetAsync("chat/history")).Expect(HttpStatusCode.OK);

        readers.ForEach(reader => reader.Dispose());
        await UntilServedAsync(() => visitor.FromAsync(LimitedNodes.NewAddress(), HttpMethod.Get, "chat/history"));
    }

    [Fact]
    public async Task Once_more_than_half_of_the_places_are_taken_anonymous_readers_that_come_have_to_be_faster()
    {
        using var limits = new ReadLimits(Options.Create(new ReadLimitOptions { ReadersAtOnce = 4 }), new FakeTimeProvider());
        var rates = new List<double?>();
        foreach (var user in (string?[])["alice", "bob", "carol", null, null, null, null])
        {
            var (http, rate) = (From("192.0.2.1"), new Rate());
            http.Features.Set<IHttpMinResponseDataRateFeature>(rate);
            http.User = new ClaimsPrincipal(new ClaimsIdentity(user is null ? [] : [new Claim("sub", user)]));
            Assert.NotNull((await limits.EnterAsync(http)).Place);
            rates.Add(rate.MinDataRate?.BytesPerSecond);
        }

        Assert.Equal([8 * 1024, 8 * 1024, 8 * 1024, 8 * 1024, 8 * 1024, 64 * 1024, 64 * 1024], rates);
    }

    [Fact]
    public async Task What_was_read_beyond_a_minutes_megabytes_is_waited_for_by_that_client_alone()
    {
        var time = new FakeTimeProvider();
        using var limits = new ReadLimits(Options.Create(new ReadLimitOptions { ReadMegabytesPerMinute = 6 }), time);
        await ReadAsync(limits, "192.0.2.1", megabytes: 5);
        await ReadAsync(limits, "192.0.2.1", megabytes: 2); // known only once it is read

        var (place, refusal) = await limits.EnterAsync(From("192.0.2.1"));
        Assert.Null(place);
        Assert.Equal((429, 10), (refusal!.Status, refusal.RetryAfterSeconds));
        await ReadAsync(limits, "192.0.2.2", megabytes: 1);

        time.Advance(TimeSpan.FromSeconds(10));
        await ReadAsync(limits, "192.0.2.1", megabytes: 0);
    }

    private static async Task ReadAsync(ReadLimits limits, string address, int megabytes)
    {
        var (place, refusal) = await limits.EnterAsync(From(address));
        Assert.Null(refusal);
        place!.Count(megabytes * 1024 * 1024);
        place.Dispose();
    }

    private static DefaultHttpContext From(string address) => new() { Connection = { RemoteIpAddress = IPAddress.Parse(address) } };

    /// <summary>A visitor whose conversation is larger than what the kernel and the service keep for a client.</summary>
    private async Task<ChatClient> LargeAsync()
    {
        var visitor = await MessageSteps.VisitorAsync(few.Nodes);
        var (store, token) = (few.Nodes.Services.GetRequiredService<MessageStore>(), SessionToken.Parse(visitor.SessionToken!)!);
        var text = string.Concat(Enumerable.Repeat("😀", MessageText.MostScalars));
        for (var n = 0; n < 500; n++)
        {
            Assert.NotNull((await store.AppendAsync(SessionAccess.ByToken(token), new Caller.Visitor(token), null, text, Ct)).Reply?.Message);
        }

        return visitor;
    }

    /// <summary>A reader that needs minutes for its answer, which has begun.</summary>
    private async Task<SlowReader> SlowAsync(ChatClient visitor, string path, string address)
    {
        var reader = await SlowReader.OpenAsync(few.Nodes.Addresses[0], path, visitor.SessionToken, bytesAtOnce: 4096, $"X-Forwarded-For: {address}\r\n");
        Assert.Contains(" 200 ", reader.Head, StringComparison.Ordinal);
        return reader;
    }

    /// <summary>A place is free once the server knows that its reader has gone.</summary>
    private static Task UntilServedAsync(Func<Task<Answer>> ask) => UntilAsync(async () => (await ask()).Status == HttpStatusCode.OK);

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromMinutes(1), "No place becomes free.");
        }
    }

    private sealed class Rate : IHttpMinResponseDataRateFeature
    {
        public MinDataRate? MinDataRate { get; set; }
    }
}
