using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Redis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Hosting.Canaries;

/// <summary>Two nodes that log everything and whose traces and metrics are kept, a Redis of their own, and a platform that answers as it is told.</summary>
public sealed class CanaryNodes(string platformKey) : IAsyncDisposable
{
    public static readonly string[] Departments = ["support", "billing"];

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false });

    private readonly EverythingLogged logs = new();
    private readonly List<(List<Activity> Spans, List<MetricSnapshot> Metrics)> telemetry = [];
    private readonly List<ChatNode> nodes = [];
    private readonly List<string> dumps = [];
    private WebApplication? platform;
    private ConnectionMultiplexer? connection;
    private int platformPort;
    private int turn;

    public RedisServerProcess? Redis { get; private set; }

    public IDatabase Database => connection!.GetDatabase();

    /// <summary>How the platform answers.</summary>
    public Func<HttpContext, Task> Platform { get; set; } = _ => Task.CompletedTask;

    /// <summary>What was asked of the platform.</summary>
    public List<string> AskedOfPlatform { get; } = [];

    /// <summary>Everything that Redis held, at several moments.</summary>
    public IReadOnlyList<string> Dumps => dumps;

    public IReadOnlyCollection<LogLine> Lines => logs.Lines;

    /// <summary>Without those of the platform, which runs in this process as well.</summary>
    public IReadOnlyList<Activity> Spans => [.. telemetry.SelectMany(node => node.Spans).Where(span => span.GetTagItem("server.port") as int? != platformPort)];

    public IReadOnlyList<MetricSnapshot> Metrics => [.. telemetry.SelectMany(node => node.Metrics)];

    /// <summary>The levels that a node in production logs at, by the beginning of a category.</summary>
    public IReadOnlyDictionary<string, LogLevel> ProductionLevels { get; private set; } = new Dictionary<string, LogLevel>();

    public string SigningKey { get; private set; } = "";

    public async Task StartAsync()
    {
        // What was acknowledged before it is killed must still be there afterwards.
        Redis = await RedisServerProcess.StartAsync("--appendfsync", "always");
        connection = await ConnectionMultiplexer.ConnectAsync($"{Redis.Configuration},allowAdmin=true");
        platformPort = RedisPort.Free();
        var address = $"http://127.0.0.1:{platformPort}";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        platform = builder.Build();
        platform.Run(http =>
        {
            AskedOfPlatform.Add($"{http.Request.Path} {http.Request.Headers["X-Api-Key"]}");
            return Platform(http);
        });
        await platform.StartAsync();

        var settings = new Dictionary<string, string> { ["Platform:BaseUrl"] = address, ["Platform:ApiKey"] = platformKey };
        for (var i = 0; i < 2; i++)
        {
            var (spans, metrics) = (new List<Activity>(), new List<MetricSnapshot>());
            telemetry.Add((spans, metrics));
            nodes.Add(ChatNode.Start(Redis.Configuration, logs, settings, services =>
            {
                services.PostConfigure<LoggerFilterOptions>(options =>
                {
                    options.MinLevel = LogLevel.Trace;
                    options.Rules.Clear();
                });
                services.ConfigureOpenTelemetryTracerProvider(traces => traces.AddInMemoryExporter(spans));
                services.ConfigureOpenTelemetryMeterProvider(meters => meters.AddInMemoryExporter(metrics));
            }));
        }

        var configuration = nodes[0].Services.GetRequiredService<IConfiguration>();
        SigningKey = configuration["Jwt:SigningKey"]!;
        ProductionLevels = configuration.GetSection("Logging:LogLevel").GetChildren().ToDictionary(level => level.Key, level => Enum.Parse<LogLevel>(level.Value!));
    }

    /// <summary>Sends a request to the next node and asserts the status of the answer.</summary>
    public async Task<JsonNode?> SendAsync(int expected, string call, object? body, params IEnumerable<(string Name, string Value)> headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(call.Split(' ')[0]), new Uri(nodes[turn++ % nodes.Count].Address, "/api/v1/" + call.Split(' ')[1]));
        request.Content = body switch
        {
            null => null,
            string json => new StringContent(json, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")),
            _ => JsonContent.Create(body),
        };
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value), name);
        }

        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == expected, $"{call} should be {expected}, was {(int)response.StatusCode} {text}");
        return text.StartsWith('{') ? JsonNode.Parse(text) : null;
    }

    /// <summary>Keeps what Redis holds now.</summary>
    public async Task<string> DumpAsync()
    {
        var dump = RedisDump.Text(await RedisDump.ReadAsync(connection!));
        dumps.Add(dump);
        return dump;
    }

    /// <summary>Returns once both nodes reach Redis again.</summary>
    public async Task UntilReadyAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        foreach (var node in nodes)
        {
            while ((await Http.GetAsync(new Uri(node.Address, "/health/ready"))).StatusCode != HttpStatusCode.OK)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "The nodes do not reach Redis.");
                await Task.Delay(TimeSpan.FromMilliseconds(20));
            }
        }
    }

    public async Task StopPlatformAsync() => await (platform?.DisposeAsync() ?? ValueTask.CompletedTask);

    /// <summary>Stops the nodes: what they traced and measured is all there then.</summary>
    public async Task StopAsync()
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        nodes.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await StopPlatformAsync();
        await (connection?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Redis?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
