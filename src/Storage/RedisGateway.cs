using System.Diagnostics;
using System.Diagnostics.Metrics;
using Polly;
using Polly.CircuitBreaker;
using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>Redis did not answer in time, or is not there. What the call was to change may or may not have been applied.</summary>
public sealed class StorageUnavailableException(Exception cause) : Exception("Redis is unavailable.", cause)
{
    /// <summary>Why, in a few words for the log.</summary>
    public string Reason => InnerException switch
    {
        BrokenCircuitException => "circuit open",
        NotReplicatedException => "too few replicas",
        RedisConnectionException => "no connection",
        TimeoutException => "no answer",
        RedisServerException { Message: var reply } => reply.Split(' ')[0] switch
        {
            "OOM" => "memory full",
            "MISCONF" => "disk",
            "NOREPLICAS" => "too few replicas",
            "READONLY" => "read-only",
            var code => code.ToLowerInvariant(),
        },
        var other => other?.GetType().Name ?? "unknown",
    };
}

/// <summary>
/// Every Redis call of the service: one client span, the resilience pipeline, one duration. All scripts are idempotent (docs/decisions), so
/// the pipeline may repeat any of them.
/// </summary>
public class RedisGateway(RedisConnection connection, RedisResilience resilience, IMeterFactory meters)
{
    private readonly RedisConnection connection = connection;

    /// <summary>Meter of the calls' durations.</summary>
    public const string MeterName = "Intotes.Chat.Redis";

    /// <summary>Source of the client spans.</summary>
    public static readonly ActivitySource Activities = new("Intotes.Chat.Redis");

    private readonly Histogram<double> duration = meters.Create(MeterName).CreateHistogram<double>(
        "db.client.operation.duration", "s", "Duration of Redis calls, retries and the wait of reads for their turn included.", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] });

    /// <summary>Of each call in the mean of the recent ones; more where calls are rarer than some sixty a second, but one slow call is no slow Redis.</summary>
    private const double LeastWeight = 1 / 64.0, MostWeight = 1 / 8.0;

    private long recentTicks, recordedAt;

    /// <summary>How long calls take of late, repeats included: a mean of some of the last, up to a second or 64 of them. It grows as Redis gets slower, or this node with its work.</summary>
    public TimeSpan RecentDuration => TimeSpan.FromTicks(Volatile.Read(ref recentTicks));

    /// <summary>Runs a script; one round trip, and one more where replicas are waited for.</summary>
    /// <exception cref="StorageUnavailableException">No answer within the pipeline's limits.</exception>
    public Task<RedisResult> RunAsync(Script script, RedisKey[] keys, RedisValue[] arguments, CancellationToken ct) =>
        script.IsDurable && connection.Replicas is { } replicas
            ? CallAsync(
                "EVALSHA", script.Name, new KeptCall(this, replicas, script, keys, arguments), static (redis, call) => call.RunAsync(redis), ct, keys[0],
                isKept: static (call, took) => call.IsKeptAsync(took))
            : CallAsync(
                "EVALSHA", script.Name, (gateway: this, script, keys, arguments),
                static (redis, call) => call.gateway.EvaluateAsync(redis, call.script, call.keys, call.arguments),
                ct, keys[0], script.IsRead || script.IsBulk, isBulk: script.IsBulk);

    /// <summary>Runs a plain command of no key that is safe to repeat; one round trip.</summary>
    /// <exception cref="StorageUnavailableException">No answer within the pipeline's limits.</exception>
    public Task<T> CallAsync<T>(string operation, Func<IDatabase, Task<T>> command, CancellationToken ct) =>
        CallAsync(operation, null, command, static (redis, command) => command(redis), ct);

    /// <summary>The same of a key, whose slot's circuit counts it. Tests override it to do something else before or after.</summary>
    /// <exception cref="StorageUnavailableException">No answer within the pipeline's limits.</exception>
    public virtual Task<T> CallAsync<T>(string operation, RedisKey key, Func<IDatabase, RedisKey, Task<T>> command, CancellationToken ct) =>
        CallAsync(operation, null, (key, command), static (redis, call) => call.command(redis, call.key), ct, key);

    /// <summary>The same of several keys: one call for those of each circuit, all at once. The replies are in the order of the keys.</summary>
    /// <exception cref="StorageUnavailableException">No answer to one of them within the pipeline's limits.</exception>
    public async Task<T[]> EachAsync<T>(string operation, RedisKey[] keys, Func<IDatabase, RedisKey, Task<T>> command, CancellationToken ct)
    {
        var calls = keys.GroupBy(key => ReadBulkhead.CompartmentOf(connection.Multiplexer.HashSlot(key))).Select(async group =>
        {
            var some = group.ToArray();
            return some.Zip(await CallAsync(operation, some[0], (redis, _) => Task.WhenAll(Array.ConvertAll(some, key => command(redis, key))), ct));
        });
        var replies = (await Task.WhenAll(calls)).SelectMany(some => some).DistinctBy(reply => reply.First).ToDictionary(reply => reply.First, reply => reply.Second);
        return Array.ConvertAll(keys, key => replies[key]);
    }

    /// <summary>Asks every primary, and leaves out those that do not answer in time.</summary>
    /// <exception cref="StorageUnavailableException">None answered.</exception>
    public Task<IReadOnlyList<T>> AskPrimariesAsync<T>(string operation, Func<IServer, Task<T>> ask, CancellationToken ct) =>
        CallAsync(operation, db => PrimaryServers.AskAsync(db.Multiplexer, resilience.Patience, ask), ct);

    /// <summary>
    /// Runs several plain reads, of one slot and together, once there is room for them among those under way; one round trip. Tests override it to do
    /// something else before or after.
    /// </summary>
    /// <param name="size">How many.</param>
    /// <param name="key">One of their keys.</param>
    /// <param name="call">Their arguments.</param>
    /// <param name="run">Sends all before it waits for any.</param>
    /// <param name="ct">Ends when the caller goes away.</param>
    /// <exception cref="StorageUnavailableException">No answer within the pipeline's limits.</exception>
    public virtual Task<T> PipelineAsync<T, TCall>(int size, RedisKey key, TCall call, Func<IDatabase, TCall, Task<T>> run, CancellationToken ct) =>
        CallAsync("PIPELINE", null, call, run, ct, key, isRead: true, size);

    /// <summary>
    /// The same for reads whose answer may be large: histories, transcripts, lists. They have a connection, a bulkhead and a circuit of their own, so that
    /// nothing else waits behind such an answer, and slow ones are no outage for others.
    /// </summary>
    /// <exception cref="StorageUnavailableException">No answer within the pipeline's limits.</exception>
    public virtual Task<T> BulkAsync<T, TCall>(int size, RedisKey key, TCall call, Func<IDatabase, TCall, Task<T>> run, CancellationToken ct) =>
        CallAsync("PIPELINE", null, call, run, ct, key, isRead: true, size, isBulk: true);

    /// <summary>Returns if at least half of the slots are served: a shard of a Cluster that is away takes its share of the sessions with it, not all.</summary>
    /// <exception cref="StorageUnavailableException">Fewer are, or none in time.</exception>
    public Task PingAsync(CancellationToken ct) => CallAsync("PING", null, 0, static (redis, _) => Probes.AskAsync(redis), ct, isProbe: true);

    /// <summary>One attempt. Tests override it to break off before or after, or to let Redis see another time.</summary>
    protected virtual async Task<RedisResult> EvaluateAsync(IDatabase redis, Script script, RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            // Given the text, the client would hash all of it for each call, to look up whether the server has it.
            return await redis.ScriptEvaluateAsync(script.Hash, keys, arguments);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // A server that has not seen it, or no longer knows it.
            return await redis.ScriptEvaluateAsync(script.Text, keys, arguments);
        }
    }

    private async Task<T> CallAsync<T, TCall>(
        string operation, string? script, TCall call, Func<IDatabase, TCall, Task<T>> run, CancellationToken ct, RedisKey? key = null, bool isRead = false,
        int? batch = null, bool isBulk = false, Func<TCall, TimeSpan, Task<bool>>? isKept = null, bool isProbe = false)
    {
        var (redis, limits) = isBulk ? (connection.BulkDatabase, resilience.Bulk) : (connection.Database, resilience);
        using var span = StartSpan(operation, script)?.SetTag("db.operation.batch.size", batch);
        var started = Stopwatch.GetTimestamp();
        var slot = connection.Multiplexer.HashSlot(key ?? Keys.Mark(0));
        using var place = isRead ? await limits.Reads.EnterAsync(slot, ct) : null;
        var context = ResilienceContextPool.Shared.Get(CancellationToken.None);
        var outcome = isRead && place is null
            ? Outcome.FromException<object?>(new TimeoutException())
            : await limits.TryAsync(RedisResilience.CircuitOf(slot, hasKey: key is not null, isProbe), (redis, call, run), static at => at.run(at.redis, at.call), context, ct);
        ResilienceContextPool.Shared.Return(context);
        if (isKept is not null && outcome.Exception is null && !await isKept(call, Stopwatch.GetElapsedTime(started)))
        {
            // The write was answered, so this is no silence of Redis and says nothing to the circuit.
            outcome = Outcome.FromException<object?>(new NotReplicatedException());
        }

        var error = outcome.Exception is { } e and not OperationCanceledException ? e.GetType().Name : null;
        Record(started, operation, script, error, !isBulk && outcome.Exception is not (OperationCanceledException or BrokenCircuitException));
        if (error is not null)
        {
            span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", error);
            if (IsTransient(outcome.Exception!) || outcome.Exception is BrokenCircuitException)
            {
                // To one that has gone away, that is what happened.
                ct.ThrowIfCancellationRequested();
                throw new StorageUnavailableException(outcome.Exception!);
            }
        }

        outcome.ThrowIfException();
        return (T)outcome.Result!;
    }

    /// <param name="isAnswer">False where the caller went away, or the circuit let nothing through, or the answer was large: that tells nothing of how long calls take.</param>
    private void Record(long started, string operation, string? script, string? error, bool isAnswer)
    {
        var took = Stopwatch.GetElapsedTime(started);
        if (isAnswer)
        {
            // Of calls at the same time one may be left out: it is a mean of many.
            var weight = Math.Clamp(Stopwatch.GetElapsedTime(Interlocked.Exchange(ref recordedAt, Stopwatch.GetTimestamp())).TotalSeconds, LeastWeight, MostWeight);
            var recent = Volatile.Read(ref recentTicks);
            Volatile.Write(ref recentTicks, recent + (long)((took.Ticks - recent) * weight));
        }

        if (duration.Enabled)
        {
            var tags = new TagList { { "db.system.name", "redis" }, { "db.operation.name", operation } };
            if (script is not null)
            {
                tags.Add("db.stored_procedure.name", script);
            }

            if (error is not null)
            {
                tags.Add("error.type", error);
            }

            duration.Record(took.TotalSeconds, tags);
        }
    }

    /// <summary>Whether nobody answered.</summary>
    public static bool IsSilence(Exception e) => e is RedisConnectionException or TimeoutException;

    /// <summary>Whether the same call may succeed a moment later.</summary>
    public static bool IsTransient(Exception e) => e switch
    {
        NotReplicatedException => true,
        _ when IsSilence(e) => true,
        RedisServerException { Message: var reply } => TransientReplies.Any(code => reply.StartsWith(code, StringComparison.Ordinal)),
        _ => false,
    };

    /// <summary>Error codes of a server that starts, fails over, moves slots, or has no room in memory or on disk.</summary>
    private static readonly string[] TransientReplies = ["LOADING", "BUSY", "OOM", "MISCONF", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "READONLY", "NOREPLICAS"];

    /// <summary>Only inside of a trace: what every node does again every second would be nothing but noise.</summary>
    private Activity? StartSpan(string operation, string? script)
    {
        if (Activity.Current is not { Recorded: true })
        {
            return null;
        }

        var span = Activities.StartActivity(script is null ? operation : $"{operation} {script}", ActivityKind.Client);
        return span?.SetTag("db.system.name", "redis").SetTag("db.operation.name", operation).SetTag("db.stored_procedure.name", script)
            .SetTag("server.address", connection.Address.Host).SetTag("server.port", connection.Address.Port);
    }

    /// <summary>A script whose write replicas must have. Each attempt that is not refused leaves a marker of its own, for only the reply of the last one is told.</summary>
    private sealed class KeptCall(RedisGateway gateway, Replicas replicas, Script script, RedisKey[] keys, RedisValue[] arguments)
    {
        /// <summary>Null where the script refused: nothing was written that must be kept.</summary>
        private RedisKey? left;

        public async Task<RedisResult> RunAsync(IDatabase redis)
        {
            var marker = Keys.Marker(keys[0], Guid.NewGuid());
            var reply = await gateway.EvaluateAsync(redis, script.Marked, [.. keys, marker], arguments);
            left = (int)reply[1] == 1 ? marker : default(RedisKey?);
            return reply[0];
        }

        public async Task<bool> IsKeptAsync(TimeSpan took) => left is not { } marker || await replicas.HaveAsync(marker, took);
    }
}
