using System.Collections.Concurrent;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// Places in the queues from one snapshot of each, which this node renews every second while anybody asks: finding a place by LPOS for
/// every poll would cost time in the length of the queue.
/// </summary>
public sealed class QueuePlaces(QueueStore queue, CallEnqueuer enqueuer, RosterStore roster, SampleStore samples, TimeProvider time, ILogger<QueuePlaces> logger)
    : PeriodicService(Period, time, logger)
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

        var view = await ViewAsync(department, ct);
        if (!view.Queue.Places.ContainsKey(sessionId) && view.Queue.TakenAt - calledAt.Value > Period)
        {
            // A node that died between the session and the queue may have left the call out of it. Harmless if it is there.
            await enqueuer.EnqueueAsync(department, sessionId, calledAt.Value, view.Pace, ct);
        }

        return view.PlaceOf(sessionId, calledAt.Value);
    }

    /// <summary>How the queue of a department stands.</summary>
    public async ValueTask<QueueView> ViewAsync(string department, CancellationToken ct)
    {
        var queueOf = watched.GetOrAdd(department, static _ => new Watched());
        queueOf.AskedAt = Time.GetTimestamp();
        return queueOf.View ?? await RenewAsync(department, queueOf, ct);
    }

    protected override async Task RoundAsync(CancellationToken ct)
    {
        foreach (var (department, queueOf) in watched)
        {
            if (Time.GetElapsedTime(queueOf.AskedAt) < Interest)
            {
                await TryAsync(ct => RenewAsync(department, queueOf, ct), ct);
            }
            else
            {
                watched.TryRemove(department, out _);
            }
        }
    }

    private async Task<QueueView> RenewAsync(string department, Watched queueOf, CancellationToken ct)
    {
        var waiting = queue.ReadAsync(department, ct);
        var operators = roster.ReadAsync(ct);
        var busy = samples.NewestAsync(department, SampleKind.Busy, ServicePace.SamplesUsed, ct);
        return queueOf.View = new QueueView(await waiting, ServicePace.From(department, await operators, await busy));
    }

    private sealed class Watched
    {
        public long AskedAt { get; set; }

        public QueueView? View { get; set; }
    }
}

/// <summary>A moment of one department: who waits, and how fast it moves.</summary>
public sealed record QueueView(QueueSnapshot Queue, ServicePace Pace)
{
    /// <summary>
    /// The place of a waiting session. One that is not listed has just been called, and is behind all others; or, when it was called before
    /// the moment, it is being given to an operator right now.
    /// </summary>
    public QueuePlace PlaceOf(string sessionId, DateTimeOffset calledAt)
    {
        var waiting = Queue.Places.Count;
        return Queue.Places.TryGetValue(sessionId, out var place) ? Place(place, waiting)
            : calledAt < Queue.TakenAt ? Place(1, Math.Max(1, waiting))
            : Place(waiting + 1, waiting + 1);
    }

    private QueuePlace Place(int position, int waiting) => new(position, waiting, Pace.EstimateFor(position));
}
