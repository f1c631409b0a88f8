using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Faults;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <summary>A node that samples no poll: polls of every kind, sends, and the questions of those who look after the node.</summary>
public sealed class SampledTraffic : IAsyncLifetime
{
    public const string SampledTrace = "11111111111111111111111111111111", CallersSpan = "2222222222222222";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false, ActivityHeadersPropagator = null });

    public string TraceOfFailure { get; private set; } = "";

    public IReadOnlyList<SpanSeen> Spans { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var collector = await OtlpReceiver.StartAsync();
        var (settings, management) = (collector.Settings, $"http://127.0.0.1:{RedisPort.Free()}");
        (settings["Telemetry__PollSampleRatio"], settings["Management__Url"]) = ("0", management);
        await using var node = await ServiceProcess.StartAsync(redis.Configuration, settings);
        while ((await Http.GetAsync(new Uri(node.Address, "/health/ready"))).StatusCode != HttpStatusCode.OK)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }

        var session = await SendAsync(HttpMethod.Post, "session", "");
        var token = (string)session["token"]!;
        await SendAsync(HttpMethod.Post, "message", token);
        for (var i = 0; i < 10; i++)
        {
            await SendAsync(HttpMethod.Get, "poll", token);
        }

        await SendAsync(HttpMethod.Get, "poll", token, $"00-{SampledTrace}-{CallersSpan}-01");
        await SendAsync(HttpMethod.Get, "poll", token, $"00-33333333333333333333333333333333-{CallersSpan}-00");
        (await Http.GetAsync(new Uri($"{management}/metrics"))).EnsureSuccessStatusCode();
        await redis.PauseAsync();
        TraceOfFailure = (string)(await SendAsync(HttpMethod.Get, "poll", token))["traceId"]!;
        await redis.ResumeAsync();
        Assert.Equal(0, await node.StopAsync());
        Spans = [.. collector.Spans];

        async Task<JsonNode> SendAsync(HttpMethod method, string call, string token, string? traceparent = null)
        {
            using var request = new HttpRequestMessage(method, new Uri(node.Address, "/api/v1/chat/" + call));
            request.Content = call == "message" ? new StringContent("""{ "text": "Hello" }""", System.Text.Encoding.UTF8, "application/json") : null;
            request.Headers.Add("X-Chat-Session", token);
            if (traceparent is not null)
            {
                request.Headers.Add("traceparent", traceparent);
            }

            using var response = await Http.SendAsync(request);
            return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
