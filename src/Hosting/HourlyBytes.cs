using Microsoft.Extensions.Caching.Memory;

namespace Intotes.Chat.Hosting;

/// <summary>
/// How many bytes each client may have stored in an hour: all at once, then evenly (GCRA, as in gcra.lua). Kept by this node alone, so that it costs a request
/// no round trip.
/// </summary>
public sealed class HourlyBytes(long perHour, TimeProvider time) : IDisposable
{
    /// <summary>Clients that are remembered, at some 300 bytes each; of more the oldest are forgotten, and begin anew.</summary>
    private const int MostClients = 100_000;

    private static readonly MemoryCacheEntryOptions Remember = new() { Size = 1, SlidingExpiration = TimeSpan.FromHours(1) };

    private readonly long started = time.GetTimestamp();
    private readonly MemoryCache clients = new(new MemoryCacheOptions { SizeLimit = MostClients });

    /// <summary>Null when so many bytes may be stored, else how long to wait. Nothing is counted then.</summary>
    public TimeSpan? Take(string client, int bytes)
    {
        if (perHour == 0)
        {
            return null;
        }

        var taken = Of(client);
        lock (taken)
        {
            var now = Now;
            var even = After(taken, now, bytes);
            if (even - now - TimeSpan.TicksPerHour is > 0 and var ahead)
            {
                return TimeSpan.FromTicks(ahead);
            }

            taken.Even = even;
            return null;
        }
    }

    /// <summary>Counts bytes that are stored already; where those are too many, the next have to wait.</summary>
    public void Add(string client, int bytes)
    {
        if (perHour == 0 || bytes <= 0)
        {
            return;
        }

        var taken = Of(client);
        lock (taken)
        {
            taken.Even = After(taken, Now, bytes);
        }
    }

    public void Dispose() => clients.Dispose();

    /// <summary>Ticks since the start, so that a clock that is set back makes nobody wait longer.</summary>
    private long Now => time.GetElapsedTime(started).Ticks;

    // Two first requests at once may each make one; then one of them goes uncounted.
    private Taken Of(string client) => clients.TryGetValue(client, out Taken? known) ? known! : clients.Set(client, new Taken(), Remember);

    private long After(Taken taken, long now, int bytes) => Math.Max(taken.Even, now) + (long)((double)bytes / perHour * TimeSpan.TicksPerHour);

    private sealed class Taken
    {
        /// <summary>When (ticks since the start) what was taken would have come evenly.</summary>
        public long Even { get; set; }
    }
}
