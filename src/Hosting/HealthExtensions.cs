using Intotes.Chat.Storage;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Intotes.Chat.Hosting;

/// <summary>Whether the process runs (<c>/health/live</c>), and whether it can serve (<c>/health/ready</c>: Redis answers, and it is not about to stop).</summary>
public static class HealthExtensions
{
    private const string Ready = "ready";

    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddSingleton<RedisAnswers>();
        services.AddHealthChecks().AddCheck<RedisAnswers>("redis", tags: [Ready]).AddCheck<DrainExtensions.IsNotStopping>("stopping", tags: [Ready]);
        return services;
    }

    public static WebApplication UseHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready), ResponseWriter = WriteAsync }).AllowAnonymous();
        return app;
    }

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
                await redis.CallAsync("PING", db => db.PingAsync(), CancellationToken.None);
                return HealthCheckResult.Healthy();
            }
            catch (StorageUnavailableException)
            {
                return HealthCheckResult.Unhealthy("Redis does not answer.");
            }
        }
    }
}
