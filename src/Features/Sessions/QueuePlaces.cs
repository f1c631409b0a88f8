using System.Collections.Concurrent;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// Places in the queues from one snapshot of each, which this node renews every second while anybody asks: finding a place by LPOS for
/// every poll would cost time in the length of the queue.
/// </summary>
public sealed class QueuePlaces(QueueStore queue, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>So long after the last question the snapshot is no longer renewed.</summary>
    private static readonly TimeSpan Interest = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Watched> watched = new();

    /// <summary>The place of a session; null unless it waits.</summary>
    public async ValueTask<QueuePlace?> OfAsync(string sessionId, SessionStatus status, string? department, DateTimeOffset? calledAt, CancellationToken ct)
    {
        if (status != SessionStatus.Waiting || department is null || calledAt is null)
        {
            return null;
        }

        var queueOf = watched.GetOrAdd(department, static _ => new Watched());
        queueOf.AskedAt = time.GetTimestamp();
        var snapshot = queueOf.Snapshot ?? await RenewAsync(department, queueOf, ct);
        if (!snapshot.Places.ContainsKey(sessionId) && snapshot.TakenAt - calledAt.Value > Period)
        {
            // A node that died between the session and the queue may have left the call out of it. Harmless if it is there.
            await queue.EnqueueAsync(department, sessionId, calledAt.Value, ct);
        }

        return snapshot.PlaceOf(sessionId, calledAt.Value);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(Period, time);
        while (await ticks.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (department, queueOf) in watched)
            {
                try
                {
                    if (time.GetElapsedTime(queueOf.AskedAt) < Interest)
                    {
                        await RenewAsync(department, queueOf, stoppingToken);
                    }
                    else
                    {
                        watched.TryRemove(department, out _);
                    }
                }
                catch (StorageUnavailableException)
                {
                    // The old places stand until Redis is back.
                }
            }
        }
    }

    private async Task<QueueSnapshot> RenewAsync(string department, Watched queueOf, CancellationToken ct) =>
        queueOf.Snapshot = await queue.ReadAsync(department, ct);

    private sealed class Watched
    {
        public long AskedAt { get; set; }

        public QueueSnapshot? Snapshot { get; set; }
    }
}
