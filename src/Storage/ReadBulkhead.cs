using System.Threading.RateLimiting;

namespace Intotes.Chat.Storage;

/// <summary>
/// A bulkhead (concurrency limiter) for reads: one for polls, which are nearly all calls, and one for bulk reads. So many of a node are under way at once,
/// and more wait here, where they do not keep what people write from Redis: that passes by. A Cluster's slots are divided among several, so that reads from a server that is
/// away do not take the places of all others.
/// </summary>
public sealed class ReadBulkhead(int places, int patienceMilliseconds) : IDisposable
{
    private const int Slots = 16384;

    /// <summary>Into how many parts a Cluster's slots are divided.</summary>
    public const int Compartments = 16;

    private readonly ConcurrencyLimiter[] compartments = [.. Enumerable.Range(0, Compartments).Select(_ => new ConcurrencyLimiter(new ConcurrencyLimiterOptions
    {
        PermitLimit = places, QueueLimit = int.MaxValue, QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    }))];

    /// <summary>A place, to be left by disposing of it; null where none became free within the time of one attempt of a call.</summary>
    /// <param name="slot">The hash slot of what is read; less than 0 where Redis is one server, which has none.</param>
    /// <param name="ct">Ends when the caller goes away.</param>
    public ValueTask<RateLimitLease?> EnterAsync(int slot, CancellationToken ct)
    {
        var compartment = compartments[CompartmentOf(slot)];
        return compartment.AttemptAcquire() is { IsAcquired: true } place ? new(place) : WaitAsync(compartment, ct);
    }

    /// <summary>The part of a slot; the first where Redis is one server, which has no slots.</summary>
    public static int CompartmentOf(int slot) => Math.Max(0, slot) * Compartments / Slots;

    public void Dispose() => Array.ForEach(compartments, compartment => compartment.Dispose());

    private async ValueTask<RateLimitLease?> WaitAsync(ConcurrencyLimiter compartment, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(patienceMilliseconds);
        try
        {
            return await compartment.AcquireAsync(1, patience.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }
}
