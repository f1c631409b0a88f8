using System.Diagnostics.Metrics;

namespace Intotes.Chat.Hosting;

/// <summary>What the chat itself measures. No label holds a session, a person or a text.</summary>
public sealed class ChatMetrics
{
    public const string MeterName = "Intotes.Chat";

    private readonly Histogram<double> wait;
    private readonly Histogram<double> estimateError;
    private readonly Histogram<double> firstResponse;
    private readonly Counter<long> returned;

    public ChatMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        wait = meter.CreateHistogram<double>("chat.queue.wait", "s", "Time from the first call until an operator had the session.");
        estimateError = meter.CreateHistogram<double>("chat.queue.estimate.error", "s", "Wait less the wait that was estimated at the call.");
        firstResponse = meter.CreateHistogram<double>("chat.first_response", "s", "Time from the first call to the first answer of an operator.");
        returned = meter.CreateCounter<long>("chat.calls.returned", "{call}", "Calls returned to the queue, by reason.");
    }

    public void Claimed(string department, TimeSpan waited, int? estimatedSeconds)
    {
        var label = new KeyValuePair<string, object?>("chat.department", department);
        wait.Record(waited.TotalSeconds, label);
        if (estimatedSeconds is { } estimate)
        {
            estimateError.Record(waited.TotalSeconds - estimate, label);
        }
    }

    public void Responded(string department, TimeSpan after) =>
        firstResponse.Record(after.TotalSeconds, new KeyValuePair<string, object?>("chat.department", department));

    /// <param name="reason"><c>released</c>, <c>transferred</c> or <c>operator_gone</c>.</param>
    public void Returned(string reason) => returned.Add(1, new KeyValuePair<string, object?>("chat.reason", reason));
}
