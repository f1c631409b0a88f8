using System.Collections.Concurrent;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Queue;

/// <summary>
/// A snapshot of each queue, which this node renews every second while anybody asks, a long one less often: finding a place by LPOS for every poll would
/// cost time in the length of the queue.
/// </summary>
public sealed class QueueViews(QueueStore queue, RosterStore roster, SampleStore samples, TimeProvider time, ILogger<QueueViews> logger)
    : PeriodicService(Period, time, logger)
{
    /// <summary>How old a snapshot of a short queue may be.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>So long after the last question the snapshot is no longer renewed.</summary>
    private static readonly TimeSpan Interest = TimeSpan.FromSeconds(30);

    /// <summary>Places that a snapshot lists; each of those behind is told the last place.</summary>
    private const int MostListed = 10_000;

    /// <summary>A snapshot is renewed a second later for each of these.</summary>
    private const int ListedASecond = 2_000;

    /// <summary>How long a caller waits for the first snapshot; what it asked for does not need the place.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, Watched> watched = new();

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

    /// <summary>The last snapshot, or the first one, which is waited for no longer than a quarter of a second.</summary>
    /// <exception cref="StorageUnavailableException">No answer to the first read.</exception>
    /// <exception cref="TimeoutException">The first read takes longer.</exception>
    public async ValueTask<QueueView> LastAsync(string department, CancellationToken ct)
    {
        var queueOf = Watch(department);
        return queueOf.View ?? await FirstAsync(department, queueOf, ct);
    }

    /// <summary>The first snapshot: one read for all that ask meanwhile. Where it failed nobody reads again, but the next round does.</summary>
    private Task<QueueView> FirstAsync(string department, Watched queueOf, CancellationToken ct)
    {
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
        await TryAsync(async ct => busy = await samples.NewestAsync(department, SampleKind.Busy, WaitEstimate.SamplesUsed, ct), ct);
        return queueOf.View = new QueueView(await waiting, WaitEstimate.From(department, await operators, busy));
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
public sealed record QueueView(QueueSnapshot Queue, WaitEstimate Estimate)
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

    private QueuePlace Place(int position, int waiting) => new(position, waiting, Estimate.SecondsTo(position));
}
