using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Intotes.Chat.Hosting;

/// <summary>Shows as a metric what <c>/health/ready</c> says, to those who see the metrics only.</summary>
public sealed class ReadyGauge(ChatMetrics metrics) : IHealthCheckPublisher
{
    public static void Use(HealthCheckPublisherOptions options) =>
        (options.Delay, options.Period, options.Predicate) = (TimeSpan.Zero, TimeSpan.FromSeconds(5), static check => check.Tags.Contains("ready"));

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        metrics.Observe(report.Status == HealthStatus.Healthy);
        return Task.CompletedTask;
    }
}
