using System.Collections.Concurrent;
using Intotes.Chat.Features.Queue;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// Keeps the queues in order: returns the calls of claims that never came through, puts calls whose visitor is gone behind the others, ends those whose
/// visitor does not come back, and removes those whose session no longer exists. Every node does it; doing it twice changes nothing.
/// </summary>
public sealed partial class QueueSweeper(Departments departments, QueueStore queue, SessionStore sessions, TimeProvider time, ILogger<QueueSweeper> logger)
{
    /// <summary>Visitors are seen by nodes. After a start, or a time without Redis, they first get the time to be seen.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(90);

    /// <summary>A longer pause between sweeps is a time without Redis.</summary>
    private static readonly TimeSpan Interruption = TimeSpan.FromSeconds(10);

    /// <summary>So often calls are looked at whose session may have ended: in a long queue that is a read for each of them.</summary>
    private static readonly TimeSpan Looks = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, int> indexes = new();
    private long? settlesFrom, lookedAt;
    private long sweptAt;

    /// <summary>One sweep of all queues, of which a long one is looked at in parts.</summary>
    public async Task SweepAsync(CancellationToken ct)
    {
        if (settlesFrom is null || time.GetElapsedTime(sweptAt) > Interruption)
        {
            settlesFrom = time.GetTimestamp();
        }

        var looks = lookedAt is not { } at || time.GetElapsedTime(at) >= Looks;
        await SweepAsync(findsGone: time.GetElapsedTime(settlesFrom.Value) >= Settling, looks, ct);
        sweptAt = time.GetTimestamp();
        lookedAt = looks ? sweptAt : lookedAt;
    }

    /// <param name="findsGone">Whether visitors may be found to be gone.</param>
    /// <param name="ct">Ends the sweep.</param>
    public Task SweepAsync(bool findsGone, CancellationToken ct) => SweepAsync(findsGone, looks: true, ct);

    private async Task SweepAsync(bool findsGone, bool looks, CancellationToken ct)
    {
        foreach (var department in departments.Served)
        {
            var swept = await queue.SweepAsync(department, findsGone, looks ? indexes.GetValueOrDefault(department) : null, ct);
            if (looks)
            {
                indexes[department] = swept.Next;
            }

            foreach (var sessionId in swept.Leaving)
            {
                await sessions.AbandonAsync(sessionId, department, ct);
                await queue.DropAbandonedAsync(department, sessionId, ct);
                Log.Abandoned(logger);
            }

            if (swept.Looked.Count > 0 && await sessions.EndedAmongAsync(swept.Looked, ct) is { Count: > 0 } ended)
            {
                await queue.DropAsync(department, ended, ct);
                Log.Dropped(logger, ended.Count);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "A visitor did not come back for 30 minutes: its call has left the queue")]
        public static partial void Abandoned(ILogger logger);

        [LoggerMessage(LogLevel.Information, "{Count} calls of sessions that do not wait have left the queue")]
        public static partial void Dropped(ILogger logger, int count);
    }
}
