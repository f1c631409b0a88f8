using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Storage;

/// <summary>How much the audit stream holds over all days, and that this is no more than it may: the oldest entries go first.</summary>
public sealed class AuditSize
{
    /// <summary>Entries that one call takes out, and calls of one round; the next one goes on.</summary>
    private const int EntriesAtOnce = 200, MostCalls = 300;

    private readonly AuditStore store;
    private readonly AuditOptions options;
    private readonly TimeProvider time;
    private long entries = -1, trimmed;

    public AuditSize(AuditStore store, IOptions<AuditOptions> options, IMeterFactory meters, TimeProvider time)
    {
        (this.store, this.options, this.time) = (store, options.Value, time);
        var meter = meters.Create(RedisGateway.MeterName);
        meter.CreateObservableGauge("chat.audit.entries", MeasureEntries, "{entry}", "Entries of the audit stream, of all days.");
        meter.CreateObservableCounter("chat.audit.trimmed", () => Volatile.Read(ref trimmed), "{entry}", "Entries that this node took out before their time.");
    }

    /// <summary>Entries of all days when they were last counted; -1 before.</summary>
    public long Entries => Volatile.Read(ref entries);

    /// <summary>Entries that this node took out.</summary>
    public long Trimmed => Volatile.Read(ref trimmed);

    /// <summary>Counts all entries, and takes out the oldest of what is too much.</summary>
    /// <exception cref="StorageUnavailableException">Redis does not answer.</exception>
    public async Task TrimAsync(CancellationToken ct)
    {
        // A node whose clock is ahead may have begun tomorrow.
        var last = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(1);
        var days = Enumerable.Range(0, options.Days + 3).Select(back => last.AddDays(-back)).Reverse().ToList();
        var counts = await store.CountAsync(days, ct);
        var (sum, calls) = (counts.Sum(), 0);
        Volatile.Write(ref entries, sum);
        foreach (var (day, count) in days.Zip(counts))
        {
            for (var left = count; left > 0 && sum > options.MostEntries && calls < MostCalls; calls++)
            {
                var gone = await store.TrimAsync(day, (int)Math.Min(EntriesAtOnce, sum - options.MostEntries), ct);
                (left, sum) = gone == 0 ? (0, sum) : (left - gone, sum - gone);
                Interlocked.Add(ref trimmed, gone);
                Volatile.Write(ref entries, sum);
            }
        }
    }

    private IEnumerable<Measurement<long>> MeasureEntries() => Entries is >= 0 and var held ? [new(held)] : [];
}
