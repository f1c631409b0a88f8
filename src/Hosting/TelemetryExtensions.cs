using Intotes.Chat.Storage;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Intotes.Chat.Hosting;

/// <summary>Traces and metrics by OpenTelemetry's semantic conventions; the standard <c>OTEL_*</c> variables say where they go.</summary>
public static class TelemetryExtensions
{
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<ChatMetrics>();
        var telemetry = services.AddOpenTelemetry()
            .WithTracing(t => t.AddAspNetCoreInstrumentation().AddSource(RedisGateway.Activities.Name))
            .WithMetrics(m => m.AddAspNetCoreInstrumentation().AddRuntimeInstrumentation().AddMeter(ChatMetrics.MeterName, RedisGateway.MeterName));
        if (configuration.AsEnumerable().Any(setting => setting.Key.StartsWith("OTEL_EXPORTER_OTLP_", StringComparison.Ordinal)
            && setting.Key.EndsWith("ENDPOINT", StringComparison.Ordinal) && !string.IsNullOrEmpty(setting.Value)))
        {
            telemetry.UseOtlpExporter();
        }

        return services;
    }
}
