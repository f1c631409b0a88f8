using Microsoft.AspNetCore.Http.Features;
using OpenTelemetry.Metrics;

namespace Intotes.Chat.Hosting;

/// <summary>
/// A second address for those who run the service, which the public one does not show: <c>/metrics</c> for Prometheus. Nothing else is
/// served there.
/// </summary>
public static class ManagementExtensions
{
    private const string Setting = "Management:Url";

    /// <summary>Where to listen for it, such as <c>http://127.0.0.1:9464</c>; null where nobody asks for it.</summary>
    public static Uri? Address(IConfiguration configuration) => configuration[Setting] switch
    {
        null or "" => null,
        var url when Uri.TryCreate(url, UriKind.Absolute, out var address) && address is { Scheme: "http", AbsolutePath: "/" } => address,
        _ => throw new Storage.CannotStartException("Management__Url must be an http address with a port, such as http://127.0.0.1:9464."),
    };

    public static IServiceCollection AddManagement(this IServiceCollection services, IConfiguration configuration) =>
        Address(configuration) is null ? services : services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddPrometheusExporter());

    /// <summary>Comes before everything else, so that what is asked there is neither limited nor traced as a chat's request.</summary>
    public static WebApplication UseManagement(this WebApplication app)
    {
        if (Address(app.Configuration) is { Port: var port })
        {
            app.MapWhen(http => http.Connection.LocalPort == port, static management =>
            {
                // Being looked at is none of the chat's work.
                management.Use(static (http, next) =>
                {
                    if (http.Features.Get<IHttpMetricsTagsFeature>() is { } measured)
                    {
                        measured.MetricsDisabled = true;
                    }

                    return next(http);
                });
                management.UseOpenTelemetryPrometheusScrapingEndpoint();
                management.Run(static http =>
                {
                    http.Response.StatusCode = StatusCodes.Status404NotFound;
                    return Task.CompletedTask;
                });
            });
        }

        return app;
    }
}
