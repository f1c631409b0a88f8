using Intotes.Chat.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Intotes.Chat.Hosting;

/// <summary>Traces and metrics by OpenTelemetry's semantic conventions; the standard <c>OTEL_*</c> variables say where they go.</summary>
public static class TelemetryExtensions
{
    /// <summary>The service's own sources of spans: what the features do, their calls to the platform and to Redis, failures that were not traced.</summary>
    private static readonly string[] Sources = ["Intotes.Chat", "Intotes.Chat.Platform", RedisGateway.Activities.Name, TracedRequests.Failures.Name];

    /// <summary>Of ASP.NET Core's those that tell something: its meters of routing, credentials and buffers would measure each poll six times more.</summary>
    private static readonly string[] Meters =
    [
        ChatMetrics.MeterName, RedisGateway.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Diagnostics",
    ];

    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<ChatMetrics>().AddSingleton<UnavailableLog>();
        services.AddSingleton<IHealthCheckPublisher, ReadyGauge>().Configure<HealthCheckPublisherOptions>(ReadyGauge.Use);
        var options = configuration.GetSection("Telemetry").Get<TelemetryOptions>() ?? new TelemetryOptions();
        if (!options.IsValid)
        {
            throw new CannotStartException("Telemetry__PollSampleRatio must be 0 to 1.");
        }

        services.AddHttpContextAccessor().AddSingleton(options).AddSingleton<TracedRequests>();
        var telemetry = services.AddOpenTelemetry()
            // Follows the caller's own trace, where there is one.
            .WithTracing(t => t.AddAspNetCoreInstrumentation().AddSource(Sources).SetSampler(static provider => new ParentBasedSampler(provider.GetRequiredService<TracedRequests>())))
            .WithMetrics(m => m.AddRuntimeInstrumentation().AddMeter(Meters));
        if (configuration.AsEnumerable().Any(setting => setting.Key.StartsWith("OTEL_EXPORTER_OTLP_", StringComparison.Ordinal)
            && setting.Key.EndsWith("ENDPOINT", StringComparison.Ordinal) && !string.IsNullOrEmpty(setting.Value)))
        {
            telemetry.UseOtlpExporter();
        }

        return services;
    }
}
