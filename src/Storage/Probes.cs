using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>
/// Asks whether Redis serves, by keys that are spread over a Cluster's slots. These go the way of every other read, redirects included, so a stale map of
/// slots, or a server that has failed over, does not make a healthy Redis look as if it were away.
/// </summary>
internal static class Probes
{
    private const int Count = 16, Slots = 16384;

    private static RedisKey[]? spread;

    /// <summary>Asks for all, and returns once half of them are answered; throws what the others ran into once that cannot be any more.</summary>
    public static async Task<int> AskAsync(IDatabase redis)
    {
        // One server has no slots.
        if (redis.Multiplexer.HashSlot(Keys.Probe(0)) < 0)
        {
            await redis.PingAsync(CommandFlags.DemandMaster);
            return 1;
        }

        var probes = Array.ConvertAll(spread ??= Spread(redis.Multiplexer), key => redis.KeyExistsAsync(key, CommandFlags.DemandMaster));
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

    /// <summary>One key in each sixteenth of the slots.</summary>
    private static RedisKey[] Spread(IConnectionMultiplexer connection) =>
        [.. Enumerable.Range(0, int.MaxValue).Select(Keys.Probe).DistinctBy(key => connection.HashSlot(key) * Count / Slots).Take(Count)];
}
