using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Intotes.Chat.Storage;

/// <summary>
/// How long Redis is waited for: at most 1.1 s in all, in up to three attempts of half a second. After a bad spell the circuit opens for a
/// second, so that callers get their 503 at once and Redis is not beaten while it comes back.
/// </summary>
public sealed partial class RedisResilience(ILogger<RedisResilience> logger, TimeProvider time)
{
    public ResiliencePipeline Pipeline { get; } = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddTimeout(TimeSpan.FromMilliseconds(1100))
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(RedisGateway.IsTransient),
            MaxRetryAttempts = 2,
            Delay = TimeSpan.FromMilliseconds(40),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(RedisGateway.IsTransient),
            FailureRatio = 0.5,
            MinimumThroughput = 20,
            SamplingDuration = TimeSpan.FromSeconds(5),
            BreakDuration = TimeSpan.FromSeconds(1),
            OnOpened = _ => Note(() => Log.Opened(logger)),
            OnClosed = _ => Note(() => Log.Closed(logger)),
        })
        .AddTimeout(TimeSpan.FromMilliseconds(500))
        .Build();

    private static ValueTask Note(Action log)
    {
        log();
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
