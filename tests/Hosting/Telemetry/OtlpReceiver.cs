using System.Collections.Concurrent;
using System.Diagnostics;
using Google.Protobuf;
using Intotes.Chat.Tests.Redis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <summary>A span as it was received, or as this process made it: the same fields of both, as text, so that they can be compared.</summary>
/// <param name="ParentId">Empty where there is none.</param>
/// <param name="Links">Trace and span id of each.</param>
/// <param name="Events">Name and attributes of each.</param>
public sealed record SpanSeen(
    string Scope, string TraceId, string SpanId, string ParentId, string Name, ActivityKind Kind, ActivityStatusCode Status,
    IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<string> Links, IReadOnlyList<string> Events)
{
    /// <summary>An attribute; fails where it is missing.</summary>
    public string this[string attribute]
    {
        get
        {
            Assert.True(Attributes.ContainsKey(attribute), $"{this} has no {attribute}.");
            return Attributes[attribute];
        }
    }

    public static SpanSeen Of(Activity span) => new(
        span.Source.Name, span.TraceId.ToHexString(), span.SpanId.ToHexString(), span.ParentSpanId == default ? "" : span.ParentSpanId.ToHexString(),
        span.DisplayName, span.Kind, span.Status, Texts(span.TagObjects), [.. span.Links.Select(link => $"{link.Context.TraceId} {link.Context.SpanId}")],
        [.. span.Events.Select(happened => Event(happened.Name, Texts(happened.Tags)))]);

    public static string Event(string name, IEnumerable<KeyValuePair<string, string>> attributes) =>
        string.Join(' ', [name, .. attributes.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}={a.Value}")]);

    public override string ToString() => $"{Kind} {Name} ({Status}; {string.Join(", ", Attributes.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}={a.Value}"))})";

    private static Dictionary<string, string> Texts(IEnumerable<KeyValuePair<string, object?>> tags) =>
        tags.Where(tag => tag.Value is not null).ToDictionary(tag => tag.Key, tag => $"{tag.Value}");
}

/// <summary>A metric as it was received.</summary>
/// <param name="Kind"><c>gauge</c>, <c>counter</c>, <c>updowncounter</c> or <c>histogram</c>.</param>
/// <param name="Points">The labels of each point.</param>
public sealed record MetricSeen(string Scope, string Name, string Unit, string Description, string Kind, IReadOnlyList<IReadOnlyDictionary<string, string>> Points);

/// <summary>Takes traces and metrics as a collector does: OTLP over HTTP, in protobuf, on a loopback port.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<SpanSeen> spans = new();
    private readonly ConcurrentQueue<MetricSeen> metrics = new();
    private readonly ConcurrentQueue<string> services = new();
    private readonly WebApplication server;

    private OtlpReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Address.ToString());
        server = builder.Build();
        server.Run(TakeAsync);
    }

    public Uri Address { get; } = new($"http://127.0.0.1:{RedisPort.Free()}");

    /// <summary>What makes a node send here, and soon.</summary>
    public Dictionary<string, string> Settings => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Address.ToString(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_SERVICE_NAME"] = "chat-under-test",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        ["OTEL_BSP_MAX_QUEUE_SIZE"] = "100000",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
    };

    public IReadOnlyCollection<SpanSeen> Spans => spans;

    public IReadOnlyCollection<MetricSeen> Metrics => metrics;

    /// <summary>The <c>service.name</c> of the sender.</summary>
    public IReadOnlyCollection<string> Services => services;

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver.server.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        // What the service sends is compressed only where a variable asks for it.
        var message = new OtlpFields(await ByteString.FromStreamAsync(http.Request.Body));
        Assert.Equal("application/x-protobuf", http.Request.ContentType);
        foreach (var resource in message.Messages(1))
        {
            services.Enqueue(resource.Message(1).Attributes(1)["service.name"]);
            foreach (var scope in resource.Messages(2))
            {
                var name = scope.Message(1).Text(1);
                foreach (var item in scope.Messages(2))
                {
                    Take(http.Request.Path, name, item);
                }
            }
        }

        http.Response.ContentType = "application/x-protobuf";
    }

    private void Take(string path, string scope, OtlpFields item)
    {
        switch (path)
        {
            case "/v1/traces":
                spans.Enqueue(Span(scope, item));
                break;
            case "/v1/metrics":
                metrics.Enqueue(Metric(scope, item));
                break;
            default:
                throw new InvalidDataException($"Nothing is sent to {path}.");
        }
    }

    private static SpanSeen Span(string scope, OtlpFields span) => new(
        scope, span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5), (ActivityKind)((int)span.Number(6) - 1), Status((int)span.Message(15).Number(3)), span.Attributes(9),
        [.. span.Messages(13).Select(link => $"{link.Hex(1)} {link.Hex(2)}")],
        [.. span.Messages(11).Select(happened => SpanSeen.Event(happened.Text(2), happened.Attributes(3)))]);

    private static ActivityStatusCode Status(int code) => code switch
    {
        1 => ActivityStatusCode.Ok,
        2 => ActivityStatusCode.Error,
        _ => ActivityStatusCode.Unset,
    };

    private static MetricSeen Metric(string scope, OtlpFields metric)
    {
        var (field, kind, labels) = metric switch
        {
            _ when metric.Has(5) => (5, "gauge", 7),
            _ when metric.Has(7) => (7, metric.Message(7).Number(3) != 0 ? "counter" : "updowncounter", 7),
            _ when metric.Has(9) => (9, "histogram", 9),
            _ => throw new InvalidDataException($"{metric.Text(1)} is of an unknown kind."),
        };
        return new MetricSeen(scope, metric.Text(1), metric.Text(3), metric.Text(2), kind, [.. metric.Message(field).Messages(1).Select(point => point.Attributes(labels))]);
    }
}
