using Intotes.Chat.Storage;
using Microsoft.Extensions.Caching.Memory;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// Sees to it that a session somebody has stands in the index of who has what. A failover of Redis may lose that entry while the session,
/// in another slot, keeps its operator; then nobody would notice that the operator is gone. Its visitor's polls do, twice a minute on each node.
/// </summary>
public sealed class HeldIndexRepair(HeldIndex index) : IDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    private readonly MemoryCache seen = new(new MemoryCacheOptions { SizeLimit = 100_000 });

    public ValueTask SeenAsync(string sessionId, string operatorId, CancellationToken ct)
    {
        if (seen.TryGetValue(sessionId, out _))
        {
            return ValueTask.CompletedTask;
        }

        seen.Set(sessionId, true, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Again });
        return SettleAsync(sessionId, operatorId, ct);
    }

    /// <summary>The poll that comes by is not to fail for it.</summary>
    private async ValueTask SettleAsync(string sessionId, string operatorId, CancellationToken ct)
    {
        try
        {
            await index.SettleAsync(operatorId, sessionId, ct);
        }
        catch (StorageUnavailableException)
        {
            seen.Remove(sessionId);
        }
    }

    public void Dispose() => seen.Dispose();
}
