using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Intotes.Chat.Hosting;

/// <summary>
/// An orderly stop: on SIGTERM the service says that it is not ready, ends the waits of those who wait, and serves on for some seconds, until
/// load balancers have noticed and clients have moved; then it stops.
/// </summary>
public static class DrainExtensions
{
    private const string Setting = "Server:DrainSeconds";

    public static IServiceCollection AddDrain(this IServiceCollection services, IConfiguration configuration)
    {
        var seconds = configuration.GetValue(Setting, 5.0);
        if (seconds is not (>= 0 and <= 300))
        {
            throw new Storage.CannotStartException("Server__DrainSeconds must be 0 to 300.");
        }

        services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(seconds + 30));
        return services.AddSingleton<IHostedService>(provider => new Pause(TimeSpan.FromSeconds(seconds), provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>Tells clients that this connection ends with its answer, so that they take the next one elsewhere (RFC 9112, section 9.6).</summary>
    public static IApplicationBuilder UseDrain(this WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        return app.Use((http, next) =>
        {
            if (stopping.IsCancellationRequested && HttpProtocol.IsHttp11(http.Request.Protocol))
            {
                http.Response.Headers.Connection = "close";
            }

            return next(http);
        });
    }

    /// <summary>Not ready from the moment the stop begins.</summary>
    public sealed class IsNotStopping(IHostApplicationLifetime lifetime) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("The service stops.") : HealthCheckResult.Healthy());
    }

    /// <summary>Holds up the stop of everything else.</summary>
    private sealed class Pause(TimeSpan duration, TimeProvider time) : IHostedLifecycleService
    {
        public Task StoppingAsync(CancellationToken cancellationToken) => Task.Delay(duration, time, cancellationToken);

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
