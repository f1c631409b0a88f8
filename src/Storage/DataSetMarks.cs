using System.Buffers.Text;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>
/// Random ids in Redis by which a node notices that a data set is gone: a server came back empty, or was flushed. One server has one mark, a
/// Cluster one in each sixteenth of its slots.
/// </summary>
public sealed partial class DataSetMarks
{
    private readonly RedisGateway redis;
    private readonly RedisConnection connection;
    private readonly ILogger<DataSetMarks> logger;
    private readonly Dictionary<RedisKey, string> known = [];
    private long losses;

    public DataSetMarks(RedisGateway redis, RedisConnection connection, IMeterFactory meters, ILogger<DataSetMarks> logger)
    {
        (this.redis, this.connection, this.logger) = (redis, connection, logger);
        meters.Create(RedisGateway.MeterName).CreateObservableCounter(
            "chat.redis.dataset.lost", () => Volatile.Read(ref losses), "{loss}", "How often a primary was found without the mark of its data set.");
    }

    /// <summary>How often a mark was found gone.</summary>
    public long Losses => Volatile.Read(ref losses);

    /// <summary>Reads every mark, and sets those that are missing. Calls must not overlap.</summary>
    /// <exception cref="StorageUnavailableException">Redis does not answer.</exception>
    public async Task CheckAsync(CancellationToken ct)
    {
        foreach (var key in Probes.Keys(connection.Multiplexer))
        {
            var found = await redis.CallAsync("GET", key, ReadOrSetAsync, ct);
            if (known.TryGetValue(key, out var before) && before != found)
            {
                Interlocked.Increment(ref losses);
                Log.Lost(logger);
            }

            known[key] = found;
        }
    }

    private static async Task<string> ReadOrSetAsync(IDatabase db, RedisKey key)
    {
        if (await db.StringGetAsync(key, CommandFlags.DemandMaster) is { HasValue: true } found)
        {
            return found!;
        }

        // SET NX GET: the client would make SETNX of a plain SET NX, which the service's user may not run.
        var mark = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(12));
        return (await db.StringSetAndGetAsync(key, mark, when: When.NotExists)) is { HasValue: true } other ? other! : mark;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Redis came back without its data: the mark of its data set is gone")]
        public static partial void Lost(ILogger logger);
    }
}
