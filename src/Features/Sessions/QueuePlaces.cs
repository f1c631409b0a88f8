using System.Collections.Concurrent;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// Places in the queues from one snapshot of each, which this node renews every second while anybody asks, a long one less often: finding a place by LPOS
/// for every poll would cost time in the length of the queue.
/// </summary>
public sealed class QueuePlaces(
    QueueStore queue, CallEnqueuer enqueuer, RosterStore roster, SampleStore samples, VisitorWatch visitors, Departments departments, TimeProvider time,
    ILogger<QueuePlaces> logger)
    : PeriodicService(Period, time, logger)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>So long after the last question the snapshot is no longer renewed.</summary>
    private static readonly TimeSpan Interest = TimeSpan.FromSeconds(30);

    /// <summary>Places that a snapshot lists; each of those behind is told the last place.</summary>
    private const int MostListed = 10_000;

    /// <summary>A snapshot is renewed a second later for each of these.</summary>
    private const int ListedASecond = 2_000;

    /// <summary>How long a caller waits for the first snapshot; what it asked for does not need the place.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, Watched> watched = new();

    /// <summary>The place of a session whose visitor asks for it; null unless it waits, and while Redis does not tell: the queue may lie on a server that is away.</summary>
    public async ValueTask<QueuePlace?> OfAsync(string sessionId, SessionStatus status, string? department, DateTimeOffset? calledAt, CancellationToken ct)
    {
        if (status != SessionStatus.Waiting || department is null || calledAt is null)
        {
            return null;
        }

        visitors.See(department, sessionId);
        departments.Note(department);
        try
        {
            var view = Watch(department).View ?? await FirstAsync(department, ct);
            if (view.Queue.TakenAt - calledAt.Value > Period && !view.Holds(sessionId, calledAt.Value))
            {
                // A node that died between the session and the queue may have left the call out of it. Harmless if it is there.
                await enqueuer.EnqueueAsync(department, sessionId, calledAt.Value, view.Pace, ct);
            }

            return view.PlaceOf(sessionId, calledAt.Value);
        }
        catch (Exception e) when (e is StorageUnavailableException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>How the queue of a department stands.</summary>
    public async ValueTask<QueueView> ViewAsync(string department, CancellationToken ct)
    {
        var queueOf = Watch(department);
        return queueOf.View ?? await RenewAsync(department, queueOf, ct);
    }

    private Watched Watch(string department)
    {
        var queueOf = watched.GetOrAdd(department, static _ => new Watched());
        queueOf.AskedAt = Time.GetTimestamp();
        return queueOf;
    }

    /// <summary>The first snapshot: one read for all that ask meanwhile. Where it failed nobody reads again, but the next round does.</summary>
    private Task<QueueView> FirstAsync(string department, CancellationToken ct)
    {
        var queueOf = Watch(department);
        lock (queueOf)
        {
            queueOf.First ??= RenewAsync(department, queueOf, CancellationToken.None);
        }

        return queueOf.First.WaitAsync(Patience, Time, ct);
    }

    protected override async Task RoundAsync(CancellationToken ct)
    {
        foreach (var (department, queueOf) in watched)
        {
            if (Time.GetElapsedTime(queueOf.AskedAt) >= Interest)
            {
                watched.TryRemove(department, out _);
            }
            else if (queueOf.View is null || ++queueOf.Rounds > queueOf.View.Queue.Places.Count / ListedASecond)
            {
                queueOf.Rounds = 0;
                await TryAsync(ct => RenewAsync(department, queueOf, ct), ct);
            }
        }
    }

    private async Task<QueueView> RenewAsync(string department, Watched queueOf, CancellationToken ct)
    {
        var waiting = queue.ReadAsync(department, MostListed, ct);
        var operators = roster.ReadAsync(ct);
        // Without them there is no estimate. A place in the queue is not refused for that.
        IReadOnlyList<Sample> busy = [];
        await TryAsync(async ct => busy = await samples.NewestAsync(department, SampleKind.Busy, ServicePace.SamplesUsed, ct), ct);
        return queueOf.View = new QueueView(await waiting, ServicePace.From(department, await operators, busy));
    }

    private sealed class Watched
    {
        public long AskedAt { get; set; }

        public int Rounds { get; set; }

        public QueueView? View { get; set; }

        /// <summary>The read of the first snapshot, once somebody asked for it.</summary>
        public Task<QueueView>? First { get; set; }
    }
}

/// <summary>A moment of one department: who waits, and how fast it moves.</summary>
public sealed record QueueView(QueueSnapshot Queue, ServicePace Pace)
{
    /// <summary>Whether the queue held the call at that moment, as far as the snapshot tells: it may list only its beginning.</summary>
    public bool Holds(string sessionId, DateTimeOffset calledAt) => Queue.Places.ContainsKey(sessionId) || Queue.LastListed < calledAt;

    /// <summary>
    /// The place of a waiting session. One that is not listed has just been called, and is behind all others; or, when it was called before
    /// the moment, it is being given to an operator right now.
    /// </summary>
    public QueuePlace PlaceOf(string sessionId, DateTimeOffset calledAt)
    {
        var present = Queue.Present;
        return Queue.Places.TryGetValue(sessionId, out var place) ? Place(place, place <= present ? present : Queue.Count)
            : calledAt >= Queue.TakenAt ? Place(present + 1, present + 1)
            : Queue.LastListed < calledAt ? Place(Math.Max(present, Queue.Places.Count + 1), Math.Max(present, Queue.Places.Count + 1))
            : Place(1, Math.Max(1, present));
    }

    private QueuePlace Place(int position, int waiting) => new(position, waiting, Pace.EstimateFor(position));
}
