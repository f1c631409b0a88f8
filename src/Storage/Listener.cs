namespace Intotes.Chat.Storage;

/// <summary>One who waits, for some time at most.</summary>
public sealed class Listener : IDisposable
{
    /// <summary>By how much a timer may be early.</summary>
    private static readonly TimeSpan Early = TimeSpan.FromMilliseconds(20);

    private readonly List<Signals.Subscription> joined = new(1);
    private readonly Signals owner;
    private readonly TimeSpan lifetime;
    private readonly TimeProvider time;
    private readonly long began;
    private readonly CancellationToken end;
    private readonly CancellationTokenRegistration atEnd;
    private TaskCompletionSource<bool>? waiting;
    private ITimer? alarm;
    private bool isSignalled;

    internal Listener(Signals owner, TimeSpan lifetime, TimeProvider time, CancellationToken end)
    {
        (this.owner, this.lifetime, this.time, this.end) = (owner, lifetime, time, end);
        began = time.GetTimestamp();
        atEnd = end.UnsafeRegister(static listener => ((Listener)listener!).Wake(isSignal: false), this);
    }

    /// <summary>Whether there is nothing more to wait for: its time is up, its caller has gone, or the service stops.</summary>
    public bool IsOver => Left <= Early || end.IsCancellationRequested || owner.Stopping.IsCancellationRequested;

    private TimeSpan Left => lifetime - time.GetElapsedTime(began);

    /// <summary>
    /// True when there may be something new, also when that was signalled since the last wait; false after <paramref name="longest"/>, or when it is over.
    /// One wait at a time.
    /// </summary>
    public ValueTask<bool> WaitAsync(TimeSpan longest)
    {
        lock (joined)
        {
            if (isSignalled || longest <= TimeSpan.Zero || IsOver)
            {
                var was = isSignalled;
                isSignalled = false;
                return new(was);
            }

            waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
            alarm = time.CreateTimer(
                static listener => ((Listener)listener!).Wake(isSignal: false), this, longest < Left ? longest : Left, Timeout.InfiniteTimeSpan);
            return new(waiting.Task);
        }
    }

    public void Dispose()
    {
        atEnd.Dispose();
        // Nobody joins any more.
        foreach (var subscription in joined)
        {
            owner.Leave(subscription, this);
        }
    }

    internal void Join(Signals.Subscription subscription)
    {
        lock (joined)
        {
            joined.Add(subscription);
        }
    }

    internal void Wake(bool isSignal)
    {
        lock (joined)
        {
            if (waiting is null)
            {
                isSignalled |= isSignal;
                return;
            }

            alarm?.Dispose();
            waiting.SetResult(isSignal);
            (waiting, alarm) = (null, null);
        }
    }
}
