using System.Diagnostics.Metrics;
using System.Net;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <summary>How the desk stands, as a node shows it. What it logs while Redis is away is expected, so nobody watches it here.</summary>
public sealed class QueueMetricsTests(ChatNodes shared)
{
    private static readonly string[] Gauges = ["chat.operators.online", "chat.operators.serving", "chat.queue.depth", "chat.queue.oldest_wait", "chat.sessions.active"];

    [Fact]
    public async Task A_node_that_cannot_look_shows_nothing_rather_than_what_it_saw_last()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        using var logs = new LogWatch();
        await using var node = ChatNode.Start(redis.Configuration, logs);
        var factory = node.Services.GetRequiredService<IMeterFactory>();

        await UntilAsync(() => Shown(factory).SequenceEqual(Gauges));
        await redis.KillAsync();
        await UntilAsync(() => Shown(factory).Count == 0);
        await redis.StartAgainAsync();
        await UntilAsync(() => Shown(factory).SequenceEqual(Gauges));
    }

    [Fact]
    public async Task An_operator_counts_in_each_department_that_it_serves_and_in_no_other()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        using var logs = new LogWatch();
        await using var node = ChatNode.Start(redis.Configuration, logs);
        var factory = node.Services.GetRequiredService<IMeterFactory>();

        await PresentAsync(node, new { status = "online", departments = (string[])["billing"] });
        await UntilAsync(() => Serving(factory) is { Count: 2 } one && one["support"] == 0 && one["billing"] == 1);

        await PresentAsync(node, new { status = "online" });
        await PresentAsync(node, new { status = "away" });
        await UntilAsync(() => Serving(factory) is { Count: 2 } all && all["support"] == 1 && all["billing"] == 2);
    }

    private async Task PresentAsync(ChatNode node, object presence) =>
        (await ChatClient.Operator(shared).SendToAsync(node.Address, HttpMethod.Put, "operator/presence", presence)).Expect(HttpStatusCode.OK);

    /// <summary>Which of the gauges this node shows now, by name.</summary>
    private static List<string> Shown(IMeterFactory factory) => [.. Read(factory).Select(value => value.Gauge).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>How many operators serve each department, as this node shows it now.</summary>
    private static Dictionary<string, double> Serving(IMeterFactory factory) =>
        Read(factory).Where(value => value.Gauge == "chat.operators.serving").ToDictionary(value => value.Department!, value => value.Value);

    private static List<(string Gauge, string? Department, double Value)> Read(IMeterFactory factory)
    {
        var values = new List<(string, string?, double)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == factory && Gauges.Contains(instrument.Name))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, labels, _) => values.Add((instrument.Name, Department(labels), value)));
        listener.SetMeasurementEventCallback<double>((instrument, value, labels, _) => values.Add((instrument.Name, Department(labels), value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return values;
    }

    private static string? Department(ReadOnlySpan<KeyValuePair<string, object?>> labels) => labels.Length == 0 ? null : (string?)labels[0].Value;

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
