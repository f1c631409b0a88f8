using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Redis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Trace;

namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <summary>
/// A whole conversation over two nodes, with everything that they trace: kept in memory, and sent to a collector. Each request says in its
/// <c>User-Agent</c> which step it is, and the nodes stop before anybody looks.
/// </summary>
public sealed class TracedConversation : IAsyncLifetime
{
    public const string CallersTrace = "4bf92f3577b34da6a3ce929d0e0e4736", CallersSpan = "00f067aa0ba902b7";

    private const string Agent = "step ";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false, ActivityHeadersPropagator = null });

    private readonly LogWatch logs = new();
    private readonly List<Activity>[] exported = [[], []];
    private readonly List<ChatNode> nodes = [];
    private readonly List<string> askedOfPlatform = [];
    private readonly string userId = ChatClient.NewId("user");
    private readonly string dana = Jwt.Issue(ChatClient.NewId("operator"), "Dana-" + Guid.NewGuid().ToString("N"), "operator");
    private RedisServerProcess? redis;
    private OtlpReceiver? collector;
    private WebApplication? platform;
    private string customer = "";

    /// <summary>What no span may hold.</summary>
    public List<string> Secrets { get; } = [];

    public string SessionId { get; private set; } = "";

    public int RedisPortNumber => redis!.Port;

    public Uri PlatformAddress { get; } = new($"http://127.0.0.1:{RedisPort.Free()}");

    /// <summary>The <c>traceparent</c> headers that the platform got.</summary>
    public IReadOnlyList<string> AskedOfPlatform => askedOfPlatform;

    /// <summary>All spans of the conversation's own traces: the tests of other classes are traced as well.</summary>
    public IReadOnlyList<SpanSeen> Spans { get; private set; } = [];

    /// <summary>The spans that the collector received.</summary>
    public OtlpReceiver Collector => collector!;

    /// <summary>The span of the request that was this step.</summary>
    public SpanSeen Request(string step) => Assert.Single(Spans, span => span.Attributes.GetValueOrDefault("user_agent.original") == Agent + step);

    public IReadOnlyList<SpanSeen> ChildrenOf(SpanSeen parent) => [.. Spans.Where(span => span.TraceId == parent.TraceId && span.ParentId == parent.SpanId)];

    /// <summary>
    /// The spans below a request, one to a line: kind and name, indented. Without the snapshots of queue and desk that the first caller in a second
    /// reads for all.
    /// </summary>
    public string Tree(string step) => string.Join('\n', Lines(Request(step), 0));

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync();
        collector = await OtlpReceiver.StartAsync();
        await StartPlatformAsync();
        var settings = collector.Settings;
        settings["Platform:BaseUrl"] = $"{PlatformAddress}api";
        settings["Platform:ApiKey"] = Secret("key");
        // A busy machine is not to make anything look as if it had failed.
        settings["Redis:AttemptMilliseconds"] = "1000";
        settings["Redis:TotalMilliseconds"] = "5000";
        foreach (var spans in exported)
        {
            nodes.Add(ChatNode.Start(redis.Configuration, logs, settings, services =>
                services.ConfigureOpenTelemetryTracerProvider(traces => traces.AddInMemoryExporter(spans))));
        }

        await TalkAsync();
        await RedisFailsAsync();
        await StopNodesAsync();
        var all = exported.SelectMany(spans => spans).DistinctBy(span => span.SpanId).OrderBy(span => span.StartTimeUtc).ToList();
        var ours = all.Where(span => span.GetTagItem("user_agent.original") is string agent && agent.StartsWith(Agent, StringComparison.Ordinal)).Select(span => span.TraceId).ToHashSet();
        Spans = [.. all.Where(span => ours.Contains(span.TraceId) && IsOfTheService(span)).Select(SpanSeen.Of)];
    }

    public async ValueTask DisposeAsync()
    {
        await StopNodesAsync();
        await (platform?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (collector?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (redis?.DisposeAsync() ?? ValueTask.CompletedTask);
        Assert.All(logs.Unexpected, line => Assert.Contains("Redis", line, StringComparison.Ordinal));
    }

    private async Task TalkAsync()
    {
        customer = Secret("token", Jwt.Issue(Secret("sub", userId), Secret("claimed name")));
        Secrets.Add(dana);
        await SendAsync("open", 0, customer, "POST chat/session", new { name = Secret("name"), email = Secret("email") + "@example.com" });
        await SendAsync("ask", 1, customer, "POST chat/message", new { text = Secret("text") });
        await SendAsync("call", 0, customer, "POST chat/session/call-operator", new { reason = Secret("reason") });
        await SendAsync("presence", 1, dana, "PUT operator/presence", new { status = "online" });
        await SendAsync("claim", 1, dana, "POST operator/calls/claim");
        await SendAsync("lookup", 1, dana, $"GET operator/sessions/{SessionId}/customer");
        await SendAsync("answer", 0, dana, "POST chat/message", new { text = Secret("answer"), sessionId = SessionId });
        await SendAsync("poll", 1, customer, "GET chat/poll?after=0-0", headers: ("traceparent", $"00-{CallersTrace}-{CallersSpan}-01"));
        await SendAsync("history", 0, customer, "GET chat/history");
        await SendAsync("release", 0, dana, $"POST operator/sessions/{SessionId}/release");
        await SendAsync("claim again", 1, dana, "POST operator/calls/claim");
        await SendAsync("transfer", 0, dana, $"POST operator/sessions/{SessionId}/transfer", new { department = "billing", note = Secret("note") });
        await SendAsync("claim transferred", 1, dana, "POST operator/calls/claim");
        await SendAsync("close", 0, dana, $"POST operator/sessions/{SessionId}/close", new { reason = Secret("close reason") });
        await SendAsync("refused", 1, customer, "POST chat/message", new { text = Secret("text too late") });
    }

    private async Task RedisFailsAsync()
    {
        await redis!.PauseAsync();
        await SendAsync("fail", 0, customer, "POST chat/message", new { text = Secret("text that fails") });
        await redis.ResumeAsync();
    }

    private async Task SendAsync(string step, int node, string bearer, string call, object? body = null, params IEnumerable<(string, string)> headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(call.Split(' ')[0]), new Uri(nodes[node].Address, "/api/v1/" + call.Split(' ')[1]));
        request.Content = body is null ? null : JsonContent.Create(body);
        foreach (var (name, value) in (IEnumerable<(string, string)>)[("User-Agent", Agent + step), ("Authorization", "Bearer " + bearer), .. headers])
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var expected = step switch
        {
            "refused" => 409,
            "fail" => 503,
            _ => (int)response.StatusCode < 300 ? (int)response.StatusCode : 200,
        };
        Assert.True((int)response.StatusCode == expected, $"{step}: {(int)response.StatusCode} {text}");
        if (step == "open")
        {
            SessionId = (string)JsonNode.Parse(text)!["sessionId"]!;
        }
    }

    private string Secret(string what, string? value = null)
    {
        value ??= $"secret{what.Length}{Guid.NewGuid():N}";
        Secrets.Add(value);
        return value;
    }

    /// <summary>Refuses the first question, so that it is asked again.</summary>
    private Task StartPlatformAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(PlatformAddress.ToString());
        platform = builder.Build();
        platform.Run(http =>
        {
            var isProfile = http.Request.Path.Value!.EndsWith("/profile", StringComparison.Ordinal);
            lock (askedOfPlatform)
            {
                var isFirst = isProfile && !askedOfPlatform.Exists(asked => asked.StartsWith("profile", StringComparison.Ordinal));
                askedOfPlatform.Add($"{(isProfile ? "profile" : "trades")} {http.Request.Headers.TraceParent}");
                if (isFirst)
                {
                    http.Response.StatusCode = 503;
                    return Task.CompletedTask;
                }
            }

            return isProfile ? http.Response.WriteAsJsonAsync(new { name = Secret("profile") }) : http.Response.WriteAsJsonAsync(new[] { new { id = Secret("trade") } });
        });
        return platform.StartAsync();
    }

    private async Task StopNodesAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        nodes.Clear();
    }

    /// <summary>The platform runs in this process as well.</summary>
    private bool IsOfTheService(Activity span) => span.Kind != ActivityKind.Server || span.GetTagItem("server.port") as int? != PlatformAddress.Port;

    private IEnumerable<string> Lines(SpanSeen span, int depth) => span.Name is "EVALSHA read_queue" or "EVALSHA read_roster" or "ZRANGE"
        ? []
        : ChildrenOf(span).SelectMany(child => Lines(child, depth + 1)).Prepend($"{new string(' ', 2 * depth)}{span.Kind} {span.Name}");
}
