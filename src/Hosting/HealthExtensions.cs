using Intotes.Chat.Storage;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Intotes.Chat.Hosting;

/// <summary>
/// Whether the process runs (<c>/health/live</c>), whether it can serve (<c>/health/ready</c>: Redis answers, and it is not about to stop), and
/// whether it ever could (<c>/health/startup</c>: Redis has let it in once).
/// </summary>
public static class HealthExtensions
{
    /// <summary>Their addresses, without which nobody finds them.</summary>
    public const string LivePath = "/health/live", ReadyPath = "/health/ready", StartupPath = "/health/startup";

    private const string Ready = "ready", Startup = "startup";

    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddSingleton<RedisAnswers>();
        services.AddHealthChecks()
            .AddCheck<RedisAnswers>("redis", tags: [Ready])
            .AddCheck<DrainExtensions.IsNotStopping>("stopping", tags: [Ready])
            .AddCheck<HasStarted>("started", tags: [Startup]);
        return services;
    }

    public static WebApplication UseHealth(this WebApplication app)
    {
        app.MapHealthChecks(LivePath, new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks(ReadyPath, Tagged(Ready)).AllowAnonymous();
        app.MapHealthChecks(StartupPath, Tagged(Startup)).AllowAnonymous();
        return app;
    }

    private static HealthCheckOptions Tagged(string tag) => new() { Predicate = check => check.Tags.Contains(tag), ResponseWriter = WriteAsync };

    private static Task WriteAsync(HttpContext http, HealthReport report)
    {
        if (report.Status != HealthStatus.Healthy)
        {
            http.Response.Headers.RetryAfter = "1";
        }

        return http.Response.WriteAsync(report.Status.ToString());
    }

    /// <summary>Asks twice a second at most, however many ask this.</summary>
    private sealed class RedisAnswers(RedisGateway redis, TimeProvider time) : IHealthCheck
    {
        private static readonly TimeSpan GoodFor = TimeSpan.FromMilliseconds(500);

        private readonly Lock gate = new();
        private Task<HealthCheckResult> asked = Task.FromResult(HealthCheckResult.Unhealthy());
        private long? askedAt;

        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            lock (gate)
            {
                if (askedAt is not { } last || time.GetElapsedTime(last) > GoodFor)
                {
                    (asked, askedAt) = (AskAsync(), time.GetTimestamp());
                }

                return asked;
            }
        }

        private async Task<HealthCheckResult> AskAsync()
        {
            try
            {
                await redis.PingAsync(CancellationToken.None);
                return HealthCheckResult.Healthy();
            }
            catch (StorageUnavailableException)
            {
                return HealthCheckResult.Unhealthy("Redis does not answer.");
            }
        }
    }

    /// <summary>Stays healthy once it was: an orchestrator that restarts nodes which have not started must not restart all because Redis is away.</summary>
    private sealed class HasStarted(RedisConnection redis) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(redis.HasConnected ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("Redis has not let this service in yet."));
    }
}
