using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>What a node says of itself while its Redis comes and goes. What it logs then is expected, so nobody watches it here.</summary>
public sealed class HealthTests
{
    private static readonly TimeSpan ChangesWithin = TimeSpan.FromSeconds(15);

    /// <summary>An answer of Redis is good for half a second; after this it is asked again.</summary>
    private static readonly TimeSpan AskedAgainAfter = TimeSpan.FromMilliseconds(600);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_has_started_once_redis_has_let_it_in_and_that_stays_so()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await redis.KillAsync();
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch());
        using var http = new HttpClient { BaseAddress = node.Address };

        Assert.Equal(["live 200 Healthy ", "ready 503 Unhealthy 1 s", "startup 503 Unhealthy 1 s"], await AskAsync(http));

        await redis.StartAgainAsync();
        await UntilAsync(http, "live 200 Healthy ", "ready 200 Healthy ", "startup 200 Healthy ");

        await redis.KillAsync();
        await UntilAsync(http, "live 200 Healthy ", "ready 503 Unhealthy 1 s", "startup 200 Healthy ");
    }

    [Fact]
    public async Task A_node_that_redis_has_let_in_at_once_has_started_even_if_nobody_asked_before_redis_went_away()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch());
        using var http = new HttpClient { BaseAddress = node.Address };
        await redis.KillAsync();

        await UntilAsync(http, "live 200 Healthy ", "ready 503 Unhealthy 1 s", "startup 200 Healthy ");
    }

    [Fact]
    public async Task On_a_cluster_a_node_stays_ready_and_serves_the_other_sessions_while_most_primaries_answer()
    {
        // No replica takes over before all are lost, however busy the machine is.
        await using var cluster = await RedisClusterProcesses.StartAsync(nodeTimeoutMs: 60_000);
        var logs = new LogWatch();
        await using var node = ChatNode.Start(cluster.Configuration, logs);
        using var http = new HttpClient { BaseAddress = node.Address };
        await UntilAsync(http, "live 200 Healthy ", "ready 200 Healthy ", "startup 200 Healthy ");
        var tokens = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => OpenAsync(http)));
        await cluster.ServePartlyAsync();
        await cluster.LoseReplicasAsync();

        await cluster.Primary(0).PauseAsync();
        var (started, polls) = (TimeProvider.System.GetTimestamp(), Array.Empty<HttpStatusCode>());
        while (polls.Count(status => status == HttpStatusCode.OK) <= tokens.Length / 3)
        {
            // Where the machine stands still for a second, all time out.
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30), $"{string.Join(' ', polls)}\n{string.Join('\n', logs.Unexpected)}");
            polls = await Task.WhenAll(tokens.Select(token => PollAsync(http, token)));
            await Task.Delay(AskedAgainAfter, Ct);
        }

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable], polls.Distinct().Order());
        for (var again = 0; again < 6; again++)
        {
            await Task.Delay(AskedAgainAfter, Ct);
            Assert.Equal("ready 200 Healthy ", (await AskAsync(http))[1]);
        }

        await cluster.Primary(1).KillAsync();
        await UntilAsync(http, "live 200 Healthy ", "ready 503 Unhealthy 1 s", "startup 200 Healthy ");

        await cluster.Primary(1).StartAgainAsync();
        await UntilAsync(http, "live 200 Healthy ", "ready 200 Healthy ", "startup 200 Healthy ");
    }

    private static async Task<string> OpenAsync(HttpClient http)
    {
        using var answer = await http.PostAsync(new Uri("/api/v1/chat/session", UriKind.Relative), null, Ct);
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Ct))!["token"]!;
    }

    private static async Task<HttpStatusCode> PollAsync(HttpClient http, string token)
    {
        using var poll = new HttpRequestMessage(HttpMethod.Get, "/api/v1/chat/poll?after=0-0") { Headers = { { "X-Chat-Session", token } } };
        using var answer = await http.SendAsync(poll, Ct);
        return answer.StatusCode;
    }

    private static async Task UntilAsync(HttpClient http, params string[] expected)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!(await AskAsync(http)).SequenceEqual(expected) && TimeProvider.System.GetElapsedTime(started) < ChangesWithin)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), Ct);
        }

        Assert.Equal(expected, await AskAsync(http));
    }

    private static async Task<string[]> AskAsync(HttpClient http) =>
        await Task.WhenAll(((string[])["live", "ready", "startup"]).Select(async name =>
        {
            using var answer = await http.GetAsync(new Uri($"/health/{name}", UriKind.Relative), Ct);
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{answer.StatusCode}");
            return $"{name} {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Ct)} {(answer.Headers.RetryAfter?.Delta is { } wait ? $"{wait.TotalSeconds} s" : "")}";
        }));
}
