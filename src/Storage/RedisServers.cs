using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>State of one primary, as it said itself.</summary>
/// <param name="Evictions">Keys evicted since it started.</param>
/// <param name="IsPersistenceFailing">It could not write its append-only file or its snapshot.</param>
/// <param name="ReplicationLagSeconds">Since its slowest replica last confirmed anything; 0 without replicas.</param>
/// <param name="ClockOffsetSeconds">Its clock less this node's.</param>
public sealed record ServerState(EndPoint Server, long Evictions, bool IsPersistenceFailing, double ReplicationLagSeconds, double ClockOffsetSeconds)
{
    /// <param name="server">The server that answered.</param>
    /// <param name="info">The reply to INFO.</param>
    /// <param name="clockOffset">Its clock less this node's.</param>
    public static ServerState From(EndPoint server, string info, TimeSpan clockOffset)
    {
        // Of two modules each has a line of the same name.
        var fields = info.Split("\r\n").Select(line => line.Split(':', 2)).Where(field => field.Length == 2)
            .DistinctBy(field => field[0]).ToDictionary(field => field[0], field => field[1]);
        var lags = fields.Where(field => field.Key.StartsWith("slave", StringComparison.Ordinal) && field.Value.Contains(",lag=", StringComparison.Ordinal))
            .Select(field => Number(field.Value.Split(",lag=")[1]));
        return new ServerState(
            server,
            Number(fields.GetValueOrDefault("evicted_keys")),
            fields.GetValueOrDefault("aof_last_write_status") == "err" || fields.GetValueOrDefault("rdb_last_bgsave_status") == "err",
            lags.DefaultIfEmpty(0).Max(),
            clockOffset.TotalSeconds);
    }

    private static long Number(string? text) => long.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0;
}

/// <summary>The state of every primary and the time of the last backup, as metrics. <c>RedisWatch</c> renews them every few seconds.</summary>
public sealed class RedisServers
{
    /// <summary>A primary that gives no answer is shown as it was for so long: a scrape in between must not start an alert's time anew.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(30);

    private readonly RedisGateway redis;
    private readonly TimeProvider time;
    private volatile IReadOnlyList<(ServerState State, long At)> read = [];
    private long backupAt;

    public RedisServers(RedisGateway redis, RedisMemory memory, IMeterFactory meters, TimeProvider time)
    {
        (this.redis, this.time) = (redis, time);
        var meter = meters.Create(RedisGateway.MeterName);
        meter.CreateObservableGauge(
            "chat.redis.memory.used", () => memory.Servers.Select(server => Measure(server.UsedBytes, server.Server)), "By", "Memory of a primary that counts towards its maximum.");
        meter.CreateObservableGauge(
            "chat.redis.memory.max", () => memory.Servers.Select(server => Measure(server.MaximumBytes, server.Server)), "By", "maxmemory of a primary; 0 where there is none.");
        meter.CreateObservableCounter("chat.redis.evictions", () => Each(server => server.Evictions), "{key}", "Keys that a primary has evicted.");
        meter.CreateObservableGauge(
            "chat.redis.persistence.failing", () => Each(server => server.IsPersistenceFailing ? 1L : 0), null, "1 while a primary cannot write its append-only file or snapshot, else 0.");
        meter.CreateObservableGauge("chat.redis.replication.lag", () => Each(server => server.ReplicationLagSeconds), "s", "Since the slowest replica of a primary confirmed anything.");
        meter.CreateObservableGauge("chat.redis.clock.offset", () => Each(server => server.ClockOffsetSeconds), "s", "The clock of a primary less this node's.");
        meter.CreateObservableGauge("chat.redis.backup.age", BackupAge, "s", "Time since the last backup.");
    }

    /// <summary>The primaries that have answered of late; none while Redis is away.</summary>
    public IReadOnlyList<ServerState> States => [.. read.Where(server => time.GetElapsedTime(server.At) < GoodFor).Select(server => server.State)];

    /// <summary>Asks every primary once.</summary>
    /// <exception cref="StorageUnavailableException">None answered.</exception>
    public async Task ReadAsync(CancellationToken ct)
    {
        var answers = await redis.AskPrimariesAsync("INFO", StateAsync, ct);
        var now = time.GetTimestamp();
        read = [.. answers.Select(answer => (answer, now)), .. read.Where(before => answers.All(answer => !answer.Server.Equals(before.State.Server)))];
        var backup = await redis.CallAsync("GET", Keys.Backup, static (db, key) => db.StringGetAsync(key), ct);
        Volatile.Write(ref backupAt, backup.TryParse(out long seconds) ? seconds : 0);
    }

    private async Task<ServerState> StateAsync(IServer server)
    {
        var before = time.GetUtcNow();
        var clock = await server.TimeAsync();
        var now = before + ((time.GetUtcNow() - before) / 2);
        return ServerState.From(server.EndPoint, (string)(await server.ExecuteAsync("INFO"))!, clock - now.UtcDateTime);
    }

    private IEnumerable<Measurement<double>> BackupAge() =>
        Volatile.Read(ref backupAt) is > 0 and var at ? [new((time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(at)).TotalSeconds)] : [];

    private IEnumerable<Measurement<T>> Each<T>(Func<ServerState, T> value)
        where T : struct => States.Select(server => Measure(value(server), server.Server));

    private static Measurement<T> Measure<T>(T value, EndPoint server)
        where T : struct
    {
        var (host, port) = server switch
        {
            DnsEndPoint named => (named.Host, named.Port),
            IPEndPoint numbered => ($"{numbered.Address}", numbered.Port),
            _ => ($"{server}", 0),
        };
        return new(value, new("server.address", host), new("server.port", port));
    }
}
