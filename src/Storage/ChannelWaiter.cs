namespace Intotes.Chat.Storage;

/// <summary>Waits on channels until a deadline.</summary>
public sealed class ChannelWaiter : IDisposable
{
    /// <summary>By how much a timer may be early.</summary>
    public static readonly TimeSpan Early = TimeSpan.FromMilliseconds(20);

    private readonly List<Subscription> joined = new(1);
    private readonly ChannelSubscriptions owner;
    private readonly TimeSpan lifetime;
    private readonly TimeProvider time;
    private readonly long began;
    private readonly CancellationToken end;
    private readonly CancellationTokenRegistration atEnd, atStop;
    private TaskCompletionSource<bool>? waiting;
    private ITimer? alarm;
    private bool isSignalled;

    /// <param name="owner">Wakes those of its channels when the service stops.</param>
    /// <param name="isDeaf">Whether it has no channels.</param>
    /// <param name="lifetime">Ends every wait.</param>
    /// <param name="time">By which time passes.</param>
    /// <param name="end">Ends every wait too.</param>
    internal ChannelWaiter(ChannelSubscriptions owner, bool isDeaf, TimeSpan lifetime, TimeProvider time, CancellationToken end)
    {
        (this.owner, this.lifetime, this.time, this.end) = (owner, lifetime, time, end);
        began = time.GetTimestamp();
        atEnd = end.UnsafeRegister(static waiter => ((ChannelWaiter)waiter!).Wake(isSignal: false), this);
        atStop = isDeaf ? owner.Stopping.UnsafeRegister(static waiter => ((ChannelWaiter)waiter!).Wake(isSignal: false), this) : default;
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
            var left = Left;
            if (isSignalled || longest <= TimeSpan.Zero || IsOver)
            {
                var was = isSignalled;
                isSignalled = false;
                return new(was);
            }

            var next = waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
            alarm = time.CreateTimer(
                static waiter => ((ChannelWaiter)waiter!).Wake(isSignal: false), this, longest < left ? longest : left, Timeout.InfiniteTimeSpan);
            return new(next.Task);
        }
    }

    public void Dispose()
    {
        atEnd.Dispose();
        atStop.Dispose();
        // Nobody joins any more.
        foreach (var subscription in joined)
        {
            owner.Leave(subscription, this);
        }
    }

    internal void Join(Subscription subscription)
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
