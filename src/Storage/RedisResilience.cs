using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Intotes.Chat.Storage;

/// <summary>
/// How long Redis is waited for, but for the turn of a read: some 1.1 s in all, in up to three attempts of half a second, unless set otherwise; a pause
/// between two may go beyond by a tenth. After a bad spell the circuit opens for a second, so that callers get their 503 at once and Redis is not beaten
/// while it comes back.
/// </summary>
public sealed partial class RedisResilience : IDisposable
{
    /// <summary>Before the second attempt; longer before the third, and somewhat by chance.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    private static readonly ResiliencePropertyKey<bool> IsLast = new(nameof(IsLast));

    /// <summary>
    /// Of objects for every result type, because Polly converts every other result on its way through each strategy. Each sixteenth of a Cluster's slots has a
    /// circuit of its own, so that a shard that is away opens no circuit of others; one more is for calls to all servers. The last pipeline has no circuit.
    /// </summary>
    private readonly ResiliencePipeline<object?>[] pipelines;
    private readonly int[] isOpen = new int[ReadBulkhead.Compartments + 1];

    /// <summary>The pipeline after those with a circuit.</summary>
    private const int None = ReadBulkhead.Compartments + 1;

    private readonly TimeSpan attempt, total;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly RedisResilience? bulk;
    private int open;

    public RedisResilience(IOptions<RedisOptions> options, IMeterFactory meters, ILogger<RedisResilience> logger, TimeProvider time)
        : this(options.Value.AttemptMilliseconds, options.Value.TotalMilliseconds, options.Value.ReadsAtOnce, options.Value.AttemptMilliseconds, logger, time)
    {
        var (each, all) = (options.Value.AttemptMilliseconds, options.Value.TotalMilliseconds);
        // One attempt with all of the time: what a slow network did not bring in half of it, a second attempt would ask for once more.
        var large = bulk = new RedisResilience(all, all, options.Value.BulkReadsAtOnce, each, logger, time);
        var meter = meters.Create(RedisGateway.MeterName);
        meter.CreateObservableGauge("chat.storage.circuit.open", () => Math.Min(1, Volatile.Read(ref open)), null, "1 while Redis does not answer and callers get 503 at once, else 0.");
        meter.CreateObservableGauge(
            "chat.storage.bulk_circuit.open", () => Math.Min(1, Volatile.Read(ref large.open)), null, "1 while bulk reads get no answer and callers of those get 503 at once, else 0.");
    }

    private RedisResilience(int attempt, int total, int places, int patience, ILogger logger, TimeProvider time)
    {
        (this.attempt, this.total, this.logger, this.time) = (TimeSpan.FromMilliseconds(attempt), TimeSpan.FromMilliseconds(total), logger, time);
        Reads = new ReadBulkhead(places, patience);
        pipelines = [.. Enumerable.Range(0, isOpen.Length).Select(Build), AddRetry(new ResiliencePipelineBuilder<object?> { TimeProvider = time })];
    }

    /// <summary>For each server of a call to all: less than an attempt, so that one without an answer does not make the attempt fail.</summary>
    public TimeSpan Patience => attempt * 0.8;

    /// <summary>Where reads wait for each other.</summary>
    public ReadBulkhead Reads { get; }

    /// <summary>The same for reads with large answers, with a bulkhead and a circuit of their own.</summary>
    public RedisResilience Bulk => bulk!;

    public void Dispose()
    {
        Reads.Dispose();
        bulk?.Dispose();
    }

    /// <summary>Which circuit counts a call: of one server, the first; of a Cluster, that of the slot. None counts the probes of a whole Cluster, which ask for the state of each shard themselves.</summary>
    public static int CircuitOf(int slot, bool hasKey, bool isProbe = false) =>
        slot < 0 || hasKey ? ReadBulkhead.CompartmentOf(slot) : isProbe ? None : ReadBulkhead.Compartments;

    /// <summary>Runs commands that may be repeated; what becomes of it, as a value.</summary>
    /// <remarks>
    /// A caller that goes away ends no attempt that is under way, only those that would follow: whether Redis answers is to be known even where nobody waits
    /// for it any more, or callers that give up before an attempt does would keep the circuit closed. So it may be half a second until it is let go of.
    /// </remarks>
    /// <param name="circuit">Which circuit counts them.</param>
    /// <param name="call">The arguments of the commands.</param>
    /// <param name="run">Sends them once.</param>
    /// <param name="context">Of this call alone, and without the caller's token: what a caller has cancelled Polly would take for a success.</param>
    /// <param name="ct">Ends when the caller goes away.</param>
    public ValueTask<Outcome<object?>> TryAsync<T, TCall>(int circuit, TCall call, Func<TCall, Task<T>> run, ResilienceContext context, CancellationToken ct) =>
        ct.IsCancellationRequested
            ? new(Outcome.FromException<object?>(new OperationCanceledException(ct)))
            : pipelines[circuit].ExecuteOutcomeAsync<object?, Attempts<T, TCall>>(
                static (context, attempts) => attempts.RunAsync(context), context, new Attempts<T, TCall>(this, call, run, ct));

    private ResiliencePipeline<object?> Build(int circuit) => AddRetry(new ResiliencePipelineBuilder<object?> { TimeProvider = time }
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<object?>
        {
            // A call counts once, however often it was tried, so that one dead server of a Cluster does not stand for all; and a server that answers
            // is there, even if it answers with an error.
            ShouldHandle = new PredicateBuilder<object?>().Handle<Exception>(RedisGateway.IsSilence),
            FailureRatio = 0.5,
            MinimumThroughput = 20,
            SamplingDuration = TimeSpan.FromSeconds(5),
            BreakDuration = TimeSpan.FromSeconds(1),
            OnOpened = _ => NoteOpened(circuit),
            OnClosed = _ => NoteClosed(circuit),
        }));

    private static ResiliencePipeline<object?> AddRetry(ResiliencePipelineBuilder<object?> builder) => builder
        .AddRetry(new RetryStrategyOptions<object?>
        {
            ShouldHandle = static failed => ValueTask.FromResult(
                failed.Outcome.Exception is { } e && RedisGateway.IsTransient(e) && !failed.Context.Properties.TryGetValue(IsLast, out _)),
            MaxRetryAttempts = 2,
            Delay = Pause,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            OnRetry = static retry =>
            {
                Activity.Current?.AddEvent(new ActivityEvent("retry", tags: new ActivityTagsCollection
                {
                    ["retry.attempt"] = retry.AttemptNumber + 1, ["error.type"] = retry.Outcome.Exception?.GetType().Name,
                }));
                return default;
            },
        })
        .Build();

    /// <summary>Which calls these are, for the log.</summary>
    private string Calls => bulk is null ? "Bulk reads" : "Calls";

    private ValueTask NoteOpened(int circuit)
    {
        // Half-open and open again is no news.
        if (Interlocked.Exchange(ref isOpen[circuit], 1) == 0 && Interlocked.Increment(ref open) == 1)
        {
            Log.Opened(logger, Calls);
        }

        return default;
    }

    private ValueTask NoteClosed(int circuit)
    {
        if (Interlocked.Exchange(ref isOpen[circuit], 0) == 1 && Interlocked.Decrement(ref open) == 0)
        {
            Log.Closed(logger, Calls);
        }

        return default;
    }

    /// <summary>A class, because Polly copies what it is given into each of its strategies.</summary>
    private sealed class Attempts<T, TCall>(RedisResilience times, TCall call, Func<TCall, Task<T>> run, CancellationToken ct)
    {
        private readonly long began = times.time.GetTimestamp();

        /// <summary>One attempt, in what is left of the time; where nothing is left after it, or nobody waits any more, it says so.</summary>
        public async ValueTask<Outcome<object?>> RunAsync(ResilienceContext context)
        {
            try
            {
                var left = times.total - times.time.GetElapsedTime(began);
                // The pause may have taken all of it.
                return left <= TimeSpan.Zero
                    ? Outcome.FromException<object?>(new TimeoutException())
                    : Outcome.FromResult<object?>(await run(call).WaitAsync(left < times.attempt ? left : times.attempt, times.time, CancellationToken.None));
            }
            catch (Exception e)
            {
                if (ct.IsCancellationRequested || times.time.GetElapsedTime(began) >= times.total - Pause)
                {
                    context.Properties.Set(IsLast, true);
                }

                return Outcome.FromException<object?>(e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Calls}: Redis does not answer: the circuit is open, callers get 503 at once")]
        public static partial void Opened(ILogger logger, string calls);

        [LoggerMessage(LogLevel.Information, "{Calls}: Redis answers again: the circuit is closed")]
        public static partial void Closed(ILogger logger, string calls);
    }
}
