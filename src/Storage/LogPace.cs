using System.Collections.Concurrent;

namespace Intotes.Chat.Storage;

/// <summary>Lets one log line a second through for each reason, and counts the others. Reasons are words of the code, so that there are few.</summary>
public sealed class LogPace(TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Turn> turns = new();

    /// <summary>Whether a line may be written now.</summary>
    /// <param name="reason">Of which one line a second is written.</param>
    /// <param name="unsaid">How many were not written since the last one.</param>
    public bool IsDue(string reason, out long unsaid)
    {
        var turn = turns.GetOrAdd(reason, static _ => new Turn());
        lock (turn)
        {
            unsaid = turn.Unsaid;
            if (turn.LastAt is { } last && time.GetElapsedTime(last) < Pause)
            {
                turn.Unsaid++;
                return false;
            }

            (turn.LastAt, turn.Unsaid) = (time.GetTimestamp(), 0);
            return true;
        }
    }

    private sealed class Turn
    {
        public long? LastAt { get; set; }

        public long Unsaid { get; set; }
    }
}
