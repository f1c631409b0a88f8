using System.Collections.Concurrent;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Queue;

/// <summary>
/// Tells the queues which waiting visitors are there. A poll only leaves a note in memory: each visitor is told every 20 s at most, and once a second
/// all that are due go out together, so that no poll costs Redis anything.
/// </summary>
public sealed class VisitorWatch(QueueStore queue, TimeProvider time, ILogger<VisitorWatch> logger) : PeriodicService(TimeSpan.FromSeconds(1), time, logger)
{
    /// <summary>Far less than a visitor may stay away, so that some notes may be lost.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(20);

    /// <summary>Sessions told in one script.</summary>
    private const int MostAtOnce = 200;

    /// <summary>Visitors that a node remembers; those beyond it are not told.</summary>
    private const int Most = 100_000;

    private readonly ConcurrentDictionary<string, long> told = new();
    private ConcurrentQueue<(string Department, string SessionId)> due = new();

    /// <summary>The visitor of a session that waits is there.</summary>
    public void See(string department, string sessionId)
    {
        var now = Time.GetTimestamp();
        if (told.TryGetValue(sessionId, out var at) ? Time.GetElapsedTime(at, now) >= Again : told.Count < Most)
        {
            told[sessionId] = now;
            due.Enqueue((department, sessionId));
        }
    }

    /// <summary>Tells the queues what was noted since the last time.</summary>
    public async Task TellAsync(CancellationToken ct)
    {
        var notes = Interlocked.Exchange(ref due, new());
        foreach (var department in notes.GroupBy(note => note.Department))
        {
            foreach (var sessions in department.Select(note => note.SessionId).Distinct().Chunk(MostAtOnce))
            {
                await TryAsync(ct => queue.SeeAsync(department.Key, sessions, ct), ct);
            }
        }
    }

    protected override async Task RoundAsync(CancellationToken ct)
    {
        await TellAsync(ct);
        foreach (var (sessionId, at) in told)
        {
            if (Time.GetElapsedTime(at) >= 3 * Again)
            {
                told.TryRemove(sessionId, out _);
            }
        }
    }
}
