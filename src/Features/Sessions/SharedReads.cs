using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// Reads whose result several callers share. A read begins after all callers asked that get its result, so a result is never older than the request.
/// One read of a kind is under way at a time, and a pause follows it: however many ask, a node spends a bounded part of the time on it.
/// </summary>
/// <param name="read">Reads what the key names.</param>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle is never asked for holds nothing to dispose.")]
public sealed class SharedReads<TKey, TValue>(Func<TKey, CancellationToken, Task<TValue>> read)
    where TKey : notnull
{
    /// <summary>The pause is as many times as long as the read took, up to the longest.</summary>
    private const int Pauses = 4;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<TKey, Task<TValue>> coming = [];
    private readonly SemaphoreSlim turn = new(1);

    /// <summary>What a read brings that begins from now on.</summary>
    public Task<TValue> ReadAsync(TKey key, CancellationToken ct)
    {
        lock (coming)
        {
            if (!coming.TryGetValue(key, out var next))
            {
                coming[key] = next = RunAsync(key);
            }

            return next.WaitAsync(ct);
        }
    }

    private async Task<TValue> RunAsync(TKey key)
    {
        await Task.Yield(); // it must be listed before it begins
        await turn.WaitAsync();
        lock (coming)
        {
            coming.Remove(key);
        }

        var began = Stopwatch.GetTimestamp();
        var pause = TimeSpan.Zero;
        try
        {
            // Not ended by a caller that goes away: others may wait for it.
            var value = await read(key, CancellationToken.None);
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
        turn.Release();
    }
}
