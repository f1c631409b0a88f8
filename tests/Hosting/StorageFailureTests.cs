using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>A node whose Redis stalls or dies. What it logs then is expected, so nobody watches it here.</summary>
public sealed class StorageFailureTests : IAsyncLifetime
{
    /// <summary>The service gives up after 1.1 s. The rest is for a machine that runs other tests meanwhile, but not enough for a second try of 1.1 s.</summary>
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(2);

    /// <summary>The circuit closes a second after Redis is back, and the connection is looked after every quarter of a second.</summary>
    private static readonly TimeSpan GoesOnWithin = TimeSpan.FromSeconds(10);

    private readonly HttpClient http = new(new SocketsHttpHandler { UseCookies = false });
    private readonly LogWatch logs = new();
    private RedisServerProcess? redis;
    private ChatNode? node;
    private string session = "", token = "";

    private string Account { get; } = Jwt.Issue(ChatClient.NewId("user"));

    private string Operator { get; } = Jwt.Issue(ChatClient.NewId("operator"), "Dana", "operator");

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendfsync", "always");
        node = ChatNode.Start(redis.Configuration, logs);
        var opened = await SendAsync("POST chat/session", null);
        (session, token) = ((string)opened["sessionId"]!, (string)opened["token"]!);
        await SendAsync("POST chat/session", Account);
        await SendAsync("POST chat/message", token, new { text = "Before", clientMessageId = "before" });
        await SendAsync("POST chat/session/call-operator", token);
        (await SendAsync("POST operator/calls/claim", Operator)).Expect(HttpStatusCode.OK);
    }

    public async ValueTask DisposeAsync()
    {
        await node!.DisposeAsync();
        await redis!.DisposeAsync();
        http.Dispose();
    }

    [Fact]
    public async Task While_redis_stalls_every_call_says_so_in_time_and_afterwards_all_goes_on()
    {
        await redis!.PauseAsync();
        await AssertUnavailableAsync();
        await redis.ResumeAsync();

        await AssertGoesOnAsync();
    }

    [Fact]
    public async Task While_redis_is_full_every_write_says_so_the_sweeps_live_on_and_afterwards_all_goes_on()
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{redis!.Configuration},allowAdmin=true");
        var server = admin.GetServers()[0];
        // Its operator is long gone, so that every sweep of the node tries to write as well.
        await admin.GetDatabase().SortedSetAddAsync(Keys.OfRoster()[0], (await admin.GetDatabase().SortedSetRangeByRankAsync(Keys.OfRoster()[0]))[0], 0);
        await server.ConfigSetAsync("maxmemory", 1);

        (await SendAsync("POST chat/message", token, new { text = "Hello?" })).ExpectProblem(503, "storage_unavailable");
        await Assert.ThrowsAsync<StorageUnavailableException>(
            () => node!.Services.GetRequiredService<RosterStore>().SetPresenceAsync(
                new Caller.Operator("dana", "Dana", false), new Presence(PresenceStatus.Online, 5, []), TestContext.Current.CancellationToken));

        await server.ConfigSetAsync("maxmemory", 0);
        var started = TimeProvider.System.GetTimestamp();
        while ((string?)(await SendAsync("GET chat/poll?after=0-0", token)).Body?["status"] != "waiting")
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < GoesOnWithin, "No sweep has returned the call.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task While_redis_is_dead_every_call_says_so_in_time_and_afterwards_all_goes_on_with_what_was_stored()
    {
        await redis!.KillAsync();
        await AssertUnavailableAsync();
        await redis.StartAgainAsync();

        await AssertGoesOnAsync();
    }

    [Fact]
    public async Task A_poll_that_waits_while_redis_dies_is_answered_and_the_next_one_hears_what_comes_after()
    {
        var cursor = (string?)(await SendAsync("GET chat/history", token))["cursor"];
        var waiting = SendAsync($"GET chat/poll?after={cursor}&wait=2", token);
        await redis!.KillAsync();
        var cut = await waiting;
        Assert.True(cut.Status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{cut.Status}");
        ProblemsTests.Discreet(cut);

        await redis.StartAgainAsync();
        await AssertGoesOnAsync();
        waiting = SendAsync($"GET chat/poll?after={(await SendAsync("GET chat/history", token))["cursor"]}&wait=20", token);
        await SendAsync("POST chat/message", Operator, new { text = "I am back." });
        Assert.Equal("I am back.", (string?)Assert.Single((await waiting)["messages"]!.AsArray())!["text"]);
    }

    /// <summary>Twice, for the second time the circuit may be open.</summary>
    private async Task AssertUnavailableAsync()
    {
        for (var round = 0; round < 2; round++)
        {
            await Task.WhenAll(Calls().Select(async call =>
            {
                var started = TimeProvider.System.GetTimestamp();
                var answer = await SendAsync(call.Call, call.Credential, call.Body);
                var took = TimeProvider.System.GetElapsedTime(started);

                ProblemsTests.Discreet(answer.ExpectProblem(503, "storage_unavailable"));
                Assert.InRange(int.Parse(Assert.Single(answer.Headers["Retry-After"]), CultureInfo.InvariantCulture), 1, 30);
                Assert.True(took < AnswersWithin, $"{call.Call} took {took}.");
            }));
        }

        // What Redis answered is good for half a second.
        while ((await SendAsync("GET /health/ready", null)).Status != HttpStatusCode.ServiceUnavailable)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Equal(HttpStatusCode.OK, (await SendAsync("GET /health/live", null)).Status);
    }

    private async Task AssertGoesOnAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        // Readiness may be half a second old, from before the fault even.
        while ((await SendAsync("GET /health/ready", null)).Status != HttpStatusCode.OK || (await SendAsync("GET chat/history", token)).Status != HttpStatusCode.OK)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < GoesOnWithin, "The service did not go on.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        var messages = (await SendAsync("GET chat/history", token)).Expect(HttpStatusCode.OK)["messages"]!.AsArray();
        Assert.Equal("Before", (string?)messages[0]!["text"]);
        (await SendAsync("POST chat/message", token, new { text = "After" })).Expect(HttpStatusCode.Created);
        (await SendAsync("POST chat/session", Account)).Expect(HttpStatusCode.OK);
        Assert.Equal(session, (string?)Assert.Single((await SendAsync("GET operator/sessions", Operator)).Expect(HttpStatusCode.OK)["sessions"]!.AsArray())!["sessionId"]);
    }

    private List<(string Call, string? Credential, object? Body)> Calls()
    {
        var calls = new List<(string, string?, object?)> { ("POST chat/session", null, null) };
        foreach (var visitor in new[] { token, Account })
        {
            calls.AddRange(
                ("POST chat/session", visitor, null), ("POST chat/session/call-operator", visitor, null), ("POST chat/message", visitor, new { text = "Hello?" }),
                ("GET chat/history", visitor, null), ("GET chat/poll", visitor, null), ("GET chat/poll?after=0-0", visitor, null),
                ("GET chat/poll?after=18446744073709551615-0&wait=1", visitor, null));
        }

        calls.AddRange(
            ("GET operator/calls", Operator, null), ("POST operator/calls/claim", Operator, null), ("GET operator/sessions", Operator, null),
            ($"GET operator/sessions/{session}", Operator, null), ("POST chat/message", Operator, new { text = "Hello?" }), ("GET chat/poll", Operator, null));
        return calls;
    }

    private async Task<Answer> SendAsync(string call, string? credential, object? body = null)
    {
        var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(node!.Address, path.StartsWith('/') ? path : "/api/v1/" + path));
        request.Content = body is null ? null : JsonContent.Create(body);
        if (credential == token)
        {
            request.Headers.Add("X-Chat-Session", credential);
        }
        else if (credential is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential);
        }

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new Answer(
            response.StatusCode,
            response.Headers.Concat(response.Content.Headers).SelectMany(h => h.Value, (h, v) => (h.Key, v)).ToLookup(h => h.Key, h => h.v, StringComparer.OrdinalIgnoreCase),
            text.StartsWith('{') ? JsonNode.Parse(text) : null);
    }
}
