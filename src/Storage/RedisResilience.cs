using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Intotes.Chat.Storage;

/// <summary>
/// How long Redis is waited for: at most 1.1 s in all, in up to three attempts of half a second, unless set otherwise. After a bad spell the
/// circuit opens for a second, so that callers get their 503 at once and Redis is not beaten while it comes back.
/// </summary>
public sealed partial class RedisResilience
{
    private readonly ILogger logger;
    private int isOpen;

    public RedisResilience(IOptions<RedisOptions> options, IMeterFactory meters, ILogger<RedisResilience> logger, TimeProvider time)
    {
        this.logger = logger;
        Pipeline = Build(options.Value, time);
        meters.Create(RedisGateway.MeterName).CreateObservableGauge(
            "chat.storage.circuit.open", () => Volatile.Read(ref isOpen), null, "1 while Redis does not answer and callers get 503 at once, else 0.");
    }

    public ResiliencePipeline Pipeline { get; }

    private ResiliencePipeline Build(RedisOptions options, TimeProvider time) => new ResiliencePipelineBuilder { TimeProvider = time }
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            // A call counts once, however often it was tried, so that one dead server of a Cluster does not stand for all; and a server that answers
            // is there, whatever it answers.
            ShouldHandle = new PredicateBuilder().Handle<Exception>(RedisGateway.IsSilence),
            FailureRatio = 0.5,
            MinimumThroughput = 20,
            SamplingDuration = TimeSpan.FromSeconds(5),
            BreakDuration = TimeSpan.FromSeconds(1),
            OnOpened = _ => NoteOpened(),
            OnClosed = _ => NoteClosed(),
        })
        .AddTimeout(TimeSpan.FromMilliseconds(options.TotalMilliseconds))
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(static e => RedisGateway.IsTransient(e) && e is not NotReplicatedException),
            MaxRetryAttempts = 2,
            Delay = TimeSpan.FromMilliseconds(40),
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
        .AddTimeout(TimeSpan.FromMilliseconds(options.AttemptMilliseconds))
        .Build();

    private ValueTask NoteOpened()
    {
        // Half-open and open again is no news.
        if (Interlocked.Exchange(ref isOpen, 1) == 0)
        {
            Log.Opened(logger);
        }

        return default;
    }

    private ValueTask NoteClosed()
    {
        if (Interlocked.Exchange(ref isOpen, 0) == 1)
        {
            Log.Closed(logger);
        }

        return default;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Redis does not answer: the circuit is open, callers get 503 at once")]
        public static partial void Opened(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Redis answers again: the circuit is closed")]
        public static partial void Closed(ILogger logger);
    }
}
