using System.Diagnostics;

namespace Intotes.Chat.Features.Queue;

/// <summary>
/// A call's way through the queue in traces, by OpenTelemetry's semantic conventions for messaging: who calls sends, who claims receives,
/// and the second is linked to the first, which may have been long ago.
/// </summary>
public static class CallSpans
{
    public static readonly ActivitySource Activities = new("Intotes.Chat");

    public static Activity? Send(string department, string sessionId) =>
        Activities.StartActivity($"send {department}", ActivityKind.Producer, default(ActivityContext), Tags("send", department, sessionId));

    /// <param name="traceparent">Of the span that sent the call (W3C Trace Context), as the queue kept it.</param>
    public static Activity? Receive(string department, string sessionId, string? traceparent) => Activities.StartActivity(
        $"receive {department}",
        ActivityKind.Consumer,
        default(ActivityContext),
        Tags("receive", department, sessionId),
        ActivityContext.TryParse(traceparent, null, out var sent) ? [new ActivityLink(sent)] : null);

    private static KeyValuePair<string, object?>[] Tags(string operation, string department, string sessionId) =>
    [
        new("messaging.system", "redis"),
        new("messaging.operation.name", operation),
        new("messaging.operation.type", operation),
        new("messaging.destination.name", department),
        new("messaging.message.id", sessionId),
    ];
}
