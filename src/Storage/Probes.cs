using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>
/// Asks whether Redis serves, by keys that are spread over a Cluster's slots. These go the way of every other read, redirects included, so a stale map of
/// slots, or a server that has failed over, does not make a healthy Redis look as if it were away. EXISTS is served
/// while the disk is full, where PING is refused like a write, and refused while a server still loads its data.
/// </summary>
internal static class Probes
{
    private const int Count = 16, Slots = 16384;

    private static readonly RedisKey[] One = [Storage.Keys.Mark(0)];

    private static RedisKey[]? spread;

    /// <summary>Asks for all, and returns once half of them are answered; throws what the others ran into once that cannot be any more.</summary>
    public static async Task<int> AskAsync(IDatabase redis)
    {
        var probes = Array.ConvertAll(Keys(redis.Multiplexer), key => redis.KeyExistsAsync(key, CommandFlags.DemandMaster));
        var answered = 0;
        await foreach (var probe in Task.WhenEach(probes))
        {
            answered += probe.IsCompletedSuccessfully ? 1 : 0;
            if (answered * 2 >= probes.Length)
            {
                break;
            }
        }

        // Those that are left have failed, or they are no longer waited for.
        return answered * 2 >= probes.Length ? answered : (await Task.WhenAll(probes)).Length;
    }

    /// <summary>One key for one server, which has no slots; for a Cluster one in each sixteenth of them.</summary>
    public static RedisKey[] Keys(IConnectionMultiplexer connection) => connection.HashSlot(Storage.Keys.Mark(0)) < 0
        ? One
        : spread ??= [.. Enumerable.Range(0, int.MaxValue).Select(Storage.Keys.Mark).DistinctBy(key => connection.HashSlot(key) * Count / Slots).Take(Count)];
}
