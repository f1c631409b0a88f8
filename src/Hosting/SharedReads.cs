using System.Diagnostics;

namespace Intotes.Chat.Hosting;

/// <summary>
/// Reads whose result several callers share. A read begins after all callers asked that get its result, so a result is never older than the request.
/// One read of a kind is under way at a time, and a pause follows it: however many ask, a node spends a bounded part of the time on it. Callers take turns,
/// so one that asks for much holds up its own reads.
/// </summary>
/// <param name="read">Reads what the key names.</param>
public sealed class SharedReads<TKey, TValue>(Func<TKey, CancellationToken, Task<TValue>> read)
    where TKey : notnull
{
    /// <summary>Reads of different keys that wait for one caller.</summary>
    public const int MostOfCaller = 8;

    /// <summary>The pause is as many times as long as the read took, up to the longest.</summary>
    private const int Pauses = 4;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly Dictionary<TKey, Coming> coming = [];
    private readonly Dictionary<string, List<Coming>> ofCallers = [];
    private readonly Queue<string> turns = new();
    private bool isBusy;

    /// <summary>Returns the result of a read that begins after this call.</summary>
    /// <param name="key">The key to read.</param>
    /// <param name="caller">The caller whose turn it takes.</param>
    /// <param name="ct">Ends the call; a read that nobody waits for any more does not begin.</param>
    /// <exception cref="TooManyRequestsException">Too many reads wait for this caller.</exception>
    public async Task<TValue> ReadAsync(TKey key, string caller, CancellationToken ct)
    {
        var next = Join(key, caller);
        try
        {
            return await next.Result.WaitAsync(ct);
        }
        finally
        {
            Leave(next);
        }
    }

    private Coming Join(TKey key, string caller)
    {
        lock (gate)
        {
            if (!ofCallers.TryGetValue(caller, out var own))
            {
                ofCallers[caller] = own = [];
                turns.Enqueue(caller);
            }

            own.RemoveAll(one => one.IsOver);
            if (!coming.TryGetValue(key, out var next))
            {
                if (own.Count >= MostOfCaller)
                {
                    throw new TooManyRequestsException();
                }

                coming[key] = next = new Coming(key);
                next.Result = RunAsync(next);
            }

            // Where another asked for the same, it is read when the turn of either comes.
            if (own.Count < MostOfCaller && !own.Contains(next))
            {
                own.Add(next);
            }

            next.Callers++;
            if (!isBusy)
            {
                BeginNext();
            }

            return next;
        }
    }

    private void Leave(Coming left)
    {
        lock (gate)
        {
            if (--left.Callers == 0 && !left.IsOver)
            {
                left.IsOver = true;
                coming.Remove(left.Key);
            }
        }
    }

    private void BeginNext()
    {
        isBusy = false;
        while (!isBusy && turns.TryDequeue(out var caller))
        {
            var own = ofCallers[caller];
            own.RemoveAll(one => one.IsOver);
            if (own.Count == 0)
            {
                ofCallers.Remove(caller);
                continue;
            }

            var next = own[0];
            own.RemoveAt(0);
            turns.Enqueue(caller);
            coming.Remove(next.Key);
            next.IsOver = isBusy = true;
            next.Turn.SetResult();
        }
    }

    private async Task<TValue> RunAsync(Coming mine)
    {
        await mine.Turn.Task;
        var began = Stopwatch.GetTimestamp();
        var pause = TimeSpan.Zero;
        try
        {
            // Not ended by a caller that goes away: others may wait for it.
            var value = await read(mine.Key, CancellationToken.None);
            pause = Stopwatch.GetElapsedTime(began) * Pauses;
            return value;
        }
        finally
        {
            _ = EndAsync(pause < LongestPause ? pause : LongestPause);
        }
    }

    private async Task EndAsync(TimeSpan pause)
    {
        await Task.Delay(pause);
        lock (gate)
        {
            BeginNext();
        }
    }

    /// <summary>A read that waits for its turn.</summary>
    private sealed class Coming(TKey key)
    {
        public TKey Key { get; } = key;

        /// <summary>Ends when the read may begin; not run within the lock.</summary>
        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<TValue> Result { get; set; } = null!;

        public int Callers { get; set; }

        /// <summary>It has begun, or nobody waits for it.</summary>
        public bool IsOver { get; set; }
    }
}
