using Microsoft.Extensions.Caching.Memory;

namespace Intotes.Chat.Hosting;

/// <summary>
/// How much of something each client may take in a period: all at once, then evenly (GCRA, as in gcra.lua). Kept by this node alone, so that it costs a request
/// no round trip.
/// </summary>
/// <param name="most">Bytes, or requests; 0 for any number.</param>
/// <param name="period">In which they come back.</param>
/// <param name="time">Tells the time.</param>
public sealed class ClientBucket(long most, TimeSpan period, TimeProvider time) : IDisposable
{
    /// <summary>Clients that are remembered, at some 300 bytes each; of more the oldest are forgotten, and begin anew.</summary>
    private const int MostClients = 100_000;

    private readonly MemoryCacheEntryOptions remember = new() { Size = 1, SlidingExpiration = period };
    private readonly long started = time.GetTimestamp();
    private readonly MemoryCache clients = new(new MemoryCacheOptions { SizeLimit = MostClients });

    /// <summary>Null when so much may be taken, else how long to wait. Nothing is counted then.</summary>
    public TimeSpan? Take(string client, int amount)
    {
        if (most == 0)
        {
            return null;
        }

        var taken = Of(client);
        lock (taken)
        {
            var now = Now;
            var even = After(taken, now, amount);
            if (even - now - period.Ticks is > 0 and var ahead)
            {
                return TimeSpan.FromTicks(ahead);
            }

            taken.Even = even;
            return null;
        }
    }

    /// <summary>Counts what is taken already; where that is too much, the next have to wait.</summary>
    public void Add(string client, int amount)
    {
        if (most == 0 || amount <= 0)
        {
            return;
        }

        var taken = Of(client);
        lock (taken)
        {
            taken.Even = After(taken, Now, amount);
        }
    }

    public void Dispose() => clients.Dispose();

    /// <summary>Ticks since the start, so that a clock that is set back makes nobody wait longer.</summary>
    private long Now => time.GetElapsedTime(started).Ticks;

    // Two first requests at once may each make one; then one of them goes uncounted.
    private Taken Of(string client) => clients.TryGetValue(client, out Taken? known) ? known! : clients.Set(client, new Taken(), remember);

    private long After(Taken taken, long now, int amount) => Math.Max(taken.Even, now) + (long)((double)amount / most * period.Ticks);

    private sealed class Taken
    {
        /// <summary>When (ticks since the start) what was taken would have come evenly.</summary>
        public long Even { get; set; }
    }
}
