using System.Buffers.Text;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Security.Cryptography;
using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>
/// Random ids in Redis by which a node notices that a data set is gone: a server came back empty, or was flushed. One server has one mark, a
/// Cluster one in each sixteenth of its slots. A mark says when it was made, so that Prometheus, which remembers, notices what no node was there to see.
/// </summary>
public sealed partial class DataSetMarks
{
    private readonly RedisGateway redis;
    private readonly RedisConnection connection;
    private readonly ILogger<DataSetMarks> logger;
    private readonly TimeProvider time;
    private readonly Dictionary<RedisKey, string> known = [];
    private long losses;
    private long created = -1;

    public DataSetMarks(RedisGateway redis, RedisConnection connection, IMeterFactory meters, TimeProvider time, ILogger<DataSetMarks> logger)
    {
        (this.redis, this.connection, this.time, this.logger) = (redis, connection, time, logger);
        var meter = meters.Create(RedisGateway.MeterName);
        meter.CreateObservableCounter(
            "chat.redis.dataset.lost", () => Volatile.Read(ref losses), "{loss}", "How often a primary was found without the mark of its data set.");
        meter.CreateObservableGauge("chat.redis.dataset.created", MeasureCreated, "s", "When the newest mark of a data set was made, in Unix time.");
    }

    /// <summary>How often a mark was found gone.</summary>
    public long Losses => Volatile.Read(ref losses);

    /// <summary>When (Unix time, s) the newest mark was made; 0 where an earlier version made them all, -1 before all were read.</summary>
    public long Created => Volatile.Read(ref created);

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

        Volatile.Write(ref created, known.Values.Max(CreatedOf));
    }

    private IEnumerable<Measurement<long>> MeasureCreated() => Created is >= 0 and var at ? [new(at)] : [];

    /// <summary>A mark of an earlier version has no time.</summary>
    private static long CreatedOf(string mark) => mark.Split(' ') is [_, var seconds] && long.TryParse(seconds, CultureInfo.InvariantCulture, out var at) ? at : 0;

    private async Task<string> ReadOrSetAsync(IDatabase db, RedisKey key)
    {
        if (await db.StringGetAsync(key, CommandFlags.DemandMaster) is { HasValue: true } found)
        {
            return found!;
        }

        // SET NX GET: the client would make SETNX of a plain SET NX, which the service's user may not run.
        var mark = string.Create(CultureInfo.InvariantCulture, $"{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(12))} {time.GetUtcNow().ToUnixTimeSeconds()}");
        if ((await db.StringSetAndGetAsync(key, mark, when: When.NotExists)) is { HasValue: true } other)
        {
            return other!;
        }

        Log.IsNew(logger);
        return mark;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Redis came back without its data: the mark of its data set is gone")]
        public static partial void Lost(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "Redis had no mark of its data set, and has a new one: it is used for the first time, or its data is gone")]
        public static partial void IsNew(ILogger logger);
    }
}
