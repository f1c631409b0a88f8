using System.Diagnostics.Metrics;

namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <summary>docs/telemetry.md against what nodes really send: neither has anything that the other lacks.</summary>
[Collection(nameof(TelemetryRuns))]
public sealed class DocumentedTelemetryTests(MeasuredTraffic measured, TracedConversation conversation, SampledTraffic sampled, ChatNodes nodes)
{
    private static readonly HashSet<string> Meters = [.. TelemetryPage.Metrics.Select(row => row.Meter)];

    /// <summary>All that the service itself measures is brought about by <see cref="MeasuredTraffic"/>; of the rest, what happens to happen.</summary>
    [Fact]
    public async Task Every_metric_that_is_sent_is_in_the_table_with_its_labels_and_all_of_the_chats_own_are_sent()
    {
        var own = TelemetryPage.Metrics.Where(row => row.Meter.StartsWith("Intotes.", StringComparison.Ordinal)).Select(row => row.Name).ToList();
        Assert.InRange(own.Count, 17, 60); // the page was read
        await MeasuredTraffic.EventuallyAsync(
            "every metric of the chat is sent: " + string.Join(", ", own.Where(name => !measured.Received.Contains(name))), () => Task.FromResult(own.TrueForAll(measured.Received.Contains)));

        var rows = TelemetryPage.Metrics.ToDictionary(row => row.Name);
        foreach (var metric in measured.Received.SelectMany(versions => versions))
        {
            Assert.True(rows.TryGetValue(metric.Name, out var row), $"{metric.Scope} {metric.Name} is not in the table.");
            Assert.Equal((row.Meter, row.Instrument, row.Unit), (metric.Scope, metric.Kind, metric.Unit));
            foreach (var (label, value) in metric.Points.SelectMany(point => point))
            {
                Assert.True(row.Labels.TryGetValue(label, out var values), $"{metric.Name} has a label {label}, which is not in the table.");
                Assert.True(values.Count == 0 || values.Contains(value), $"{label} of {metric.Name} is {value}, which is not in the table.");
            }
        }
    }

    [Fact]
    public async Task The_table_has_the_instruments_that_exist_with_their_kind_and_unit()
    {
        // Some of ASP.NET Core's come into being with the first request that needs them.
        (await ChatClient.Operator(nodes).GetAsync("operator/stats")).Expect(System.Net.HttpStatusCode.OK);
        var published = new SortedSet<string>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                lock (published)
                {
                    if (Meters.Contains(instrument.Meter.Name))
                    {
                        published.Add($"{instrument.Meter.Name} {instrument.Name} {Kind(instrument)} {instrument.Unit}");
                    }
                }
            },
        };
        listener.Start();

        Assert.Equal(TelemetryPage.Metrics.Select(row => $"{row.Meter} {row.Name} {row.Instrument} {row.Unit}").Order(StringComparer.Ordinal), published);
    }

    [Fact]
    public void No_label_of_a_metric_is_a_session_or_a_person()
    {
        var values = measured.Received.SelectMany(versions => versions).SelectMany(metric => metric.Points).SelectMany(point => point.Values).ToHashSet();

        Assert.True(values.Count > 40);
        Assert.NotEmpty(measured.Secrets);
        Assert.All(values, value => Assert.DoesNotContain(measured.Secrets, secret => value.Contains(secret, StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_span_is_in_the_table_with_its_attributes_and_every_row_was_seen()
    {
        var unseen = TelemetryPage.Spans.ToList();
        Assert.Equal(7, unseen.Count);
        foreach (var span in conversation.Spans.Concat(sampled.Spans))
        {
            var row = Assert.Single(TelemetryPage.Spans, row => row.Source == span.Scope && row.Kind == span.Kind && row.NameOf(span) == span.Name);
            unseen.Remove(row);
            Assert.Empty(span.Attributes.Keys.Except(row.Attributes.Keys));
            Assert.Empty(row.Attributes.Where(attribute => !attribute.Value).Select(attribute => attribute.Key).Except(span.Attributes.Keys));
        }

        Assert.Empty(unseen);
    }

    [Fact]
    public void Every_event_of_a_span_is_in_the_table()
    {
        var events = conversation.Spans.Concat(sampled.Spans).SelectMany(span => span.Events.Select(happened => (span.Scope, happened))).ToList();
        Assert.NotEmpty(events);

        var (name, source, attributes) = Assert.Single(TelemetryPage.Events);
        Assert.All(events, seen => Assert.Equal(
            (source, string.Join(' ', [name, .. attributes.Order(StringComparer.Ordinal)])),
            (seen.Scope, string.Join(' ', seen.happened.Split(' ').Select(word => word.Split('=')[0])))));
    }

    private static string Kind(Instrument instrument) =>
        instrument.GetType().Name.Split('`')[0].Replace("Observable", "", StringComparison.Ordinal).ToLowerInvariant();
}
