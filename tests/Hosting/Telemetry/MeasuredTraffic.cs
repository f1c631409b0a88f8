using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Faults;
using Intotes.Chat.Tests.Redis;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <summary>
/// Two nodes, each a process of its own, and callers who bring about everything that the chat itself measures. Their metrics are sent to a collector,
/// and each shows them to Prometheus.
/// </summary>
public sealed class MeasuredTraffic : IAsyncLifetime
{
    public const string Department = "support";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false });

    private readonly List<ServiceProcess> nodes = [];
    private readonly List<Uri> management = [];
    private readonly string dana = Jwt.Issue(ChatClient.NewId("operator"), "Dana", "operator");
    private RedisServerProcess? redis;
    private OtlpReceiver? collector;
    private int turn;

    /// <summary>Each metric by its name, as the collector received it, with all the points it ever had.</summary>
    public ILookup<string, MetricSeen> Received => collector!.Metrics.ToLookup(metric => metric.Name);

    /// <summary>Where each node shows its metrics to Prometheus.</summary>
    public IReadOnlyList<Uri> Management => management;

    /// <summary>How many calls wait when all has been done.</summary>
    public static int Waiting => 3;

    /// <summary>Ids, tokens and texts, which no metric may hold.</summary>
    public List<string> Secrets { get; } = [];

    /// <summary>What a node shows to Prometheus now.</summary>
    public static Task<string> ScrapeAsync(Uri management) => Http.GetStringAsync(new Uri(management, "/metrics"));

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using (var admin = await ConnectionMultiplexer.ConnectAsync(redis.Configuration))
        {
            // As deploy/backup-redis does.
            await admin.GetDatabase().StringSetAsync(Intotes.Chat.Storage.Keys.Backup, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        }

        collector = await OtlpReceiver.StartAsync();
        for (var i = 0; i < 2; i++)
        {
            management.Add(new Uri($"http://127.0.0.1:{RedisPort.Free()}"));
            var settings = new Dictionary<string, string>(collector.Settings)
            {
                ["Management__Url"] = management[i].ToString(), ["Chat__Departments__0"] = Department, ["Chat__Departments__1"] = "billing",
                ["Chat__Limits__PollsPerMinute"] = "60",
            };
            nodes.Add(await ServiceProcess.StartAsync(redis.Configuration, settings));
        }

        await ConverseAsync();
        await RefusalsAsync();
        for (var i = 0; i < Waiting; i++)
        {
            var visitor = await OpenAsync();
            await SendAsync(200, "POST chat/session/call-operator", visitor);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        await (collector?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (redis?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    /// <summary>Returns once it is so, which depends on what nodes and Prometheus do every few seconds.</summary>
    public static async Task EventuallyAsync(string what, Func<Task<bool>> isSo)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromMinutes(1), $"Not within a minute: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    private async Task ConverseAsync()
    {
        await SendAsync(200, "PUT operator/presence", dana, new { status = "online" });
        for (var i = 0; i < 5; i++)
        {
            await SendAsync(200, "POST chat/session/call-operator", await OpenAsync());
            var served = (string)(await SendAsync(200, "POST operator/calls/claim", dana))!["sessionId"]!;
            await SendAsync(200, $"POST operator/sessions/{served}/close", dana, new { });
        }

        // Knowing how long a session takes, a node gives an estimate at the next call, and the claim tells how wrong that was.
        foreach (var node in nodes)
        {
            await EventuallyAsync("a caller is told how long it will wait", async () =>
                JsonNode.Parse(await Http.GetStringAsync(new Uri(node.Address, "/api/v1/chat/availability")))!["estimatedWaitSeconds"] is not null);
        }

        var visitor = await OpenAsync();
        await SendAsync(201, "POST chat/message", visitor, new { text = "Hello", clientMessageId = "m1" });
        await SendAsync(200, "POST chat/message", visitor, new { text = "Hello", clientMessageId = "m1" });
        await SendAsync(409, "POST chat/message", visitor, new { text = "Other", clientMessageId = "m1" });
        await SendAsync(200, "POST chat/session/call-operator", visitor);
        var session = (string)(await SendAsync(200, "POST operator/calls/claim", dana))!["sessionId"]!;
        await SendAsync(201, "POST chat/message", dana, new { text = "Good morning", sessionId = session });
        await SendAsync(200, "GET chat/poll?after=0-0", visitor);
        await SendAsync(200, "GET chat/poll?after=9999999999999-0", visitor);
        await SendAsync(200, $"POST operator/sessions/{session}/release", dana);
        await SendAsync(200, "POST operator/calls/claim", dana);
        await SendAsync(200, $"POST operator/sessions/{session}/transfer", dana, new { department = "billing" });
        await SendAsync(200, "POST operator/calls/claim", dana);
        await SendAsync(200, $"POST operator/sessions/{session}/close", dana, new { });
        await SendAsync(409, "POST chat/message", visitor, new { text = "Too late" });
    }

    private async Task RefusalsAsync()
    {
        await SendAsync(401, "GET chat/poll", new string('x', 60));
        await SendAsync(401, "POST chat/message", new string('x', 60), new { text = "Hello" });
        await SendAsync(403, "GET operator/stats", Jwt.Issue(ChatClient.NewId("user")));
        var visitor = await OpenAsync();
        for (var isRefused = false; !isRefused;)
        {
            isRefused = await SendAsync(null, "GET chat/poll", visitor) is JsonObject answer && (string?)answer["code"] == "rate_limited";
        }
    }

    private async Task<string> OpenAsync()
    {
        var token = (string)(await SendAsync(201, "POST chat/session", ""))!["token"]!;
        Secrets.AddRange([token, .. token.Split('.')]);
        return token;
    }

    /// <param name="expected">Null for any.</param>
    /// <param name="call">Method and path.</param>
    /// <param name="credential">A bearer token (it has two dots) or a session token.</param>
    /// <param name="body">Null for none.</param>
    private async Task<JsonNode?> SendAsync(int? expected, string call, string credential, object? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(call.Split(' ')[0]), new Uri(nodes[turn++ % nodes.Count].Address, "/api/v1/" + call.Split(' ')[1]));
        request.Content = body is null ? null : JsonContent.Create(body);
        if (credential.Count(c => c == '.') == 2)
        {
            request.Headers.Add("Authorization", "Bearer " + credential);
        }
        else if (credential.Length > 0)
        {
            request.Headers.Add("X-Chat-Session", credential);
        }

        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(expected is null || (int)response.StatusCode == expected, $"{call}: {(int)response.StatusCode} {text}");
        return response.StatusCode == HttpStatusCode.NoContent ? null : JsonNode.Parse(text);
    }
}
