using Intotes.Chat.Storage;

namespace Intotes.Chat.Hosting;

/// <summary>Logs why callers get 503: one line a second for each reason, with the number of answers that it stands for.</summary>
public sealed partial class UnavailableLog(TimeProvider time, ILogger<UnavailableLog> logger)
{
    private readonly LogPace pace = new(time);

    /// <param name="reason">Few words of the code, never what a caller sent.</param>
    public void Note(string reason)
    {
        if (pace.IsDue(reason, out var unsaid))
        {
            Log.Unavailable(logger, reason, unsaid + 1);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Answered 503: {Reason} ({Answers} since the last such line)")]
        public static partial void Unavailable(ILogger logger, string reason, long answers);
    }
}
