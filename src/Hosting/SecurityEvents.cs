using Intotes.Chat.Storage;

namespace Intotes.Chat.Hosting;

/// <summary>
/// What those who guard the service want to know: one count for each event, and one log line a second for each reason. Neither says who it was; the trace
/// id of a line leads to the request.
/// </summary>
public sealed partial class SecurityEvents(ChatMetrics metrics, TimeProvider time, ILogger<SecurityEvents> logger)
{
    private readonly LogPace pace = new(time);

    /// <param name="reason">One of the words in docs/telemetry.md.</param>
    public void Note(string reason)
    {
        metrics.NoteSecurity(reason);
        if (pace.IsDue(reason, out var unsaid))
        {
            Log.Happened(logger, reason, unsaid);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Security event: {Reason}; {Unsaid} more since this was last logged")]
        public static partial void Happened(ILogger logger, string reason, long unsaid);
    }
}
