using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <summary>How the desk stands, as a node shows it. What it logs while Redis is away is expected, so nobody watches it here.</summary>
public sealed class DeskGaugeTests
{
    private static readonly string[] Gauges = ["chat.operators.online", "chat.queue.depth", "chat.queue.oldest_wait", "chat.sessions.active"];

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

    /// <summary>Which of the gauges this node shows now, by name.</summary>
    private static List<string> Shown(IMeterFactory factory)
    {
        var shown = new ConcurrentDictionary<string, bool>();
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
        listener.SetMeasurementEventCallback<int>((instrument, _, _, _) => shown[instrument.Name] = true);
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => shown[instrument.Name] = true);
        listener.Start();
        listener.RecordObservableInstruments();
        return [.. shown.Keys.Order(StringComparer.Ordinal)];
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
