using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace Intotes.Chat.Hosting;

/// <summary>Which requests are traced; section <c>Telemetry</c>.</summary>
public sealed class TelemetryOptions
{
    /// <summary>Share of the polls, 0 to 1, unless their caller's trace says otherwise. Everything that people do is always traced.</summary>
    public double PollSampleRatio { get; init; } = 0.01;

    public bool IsValid => PollSampleRatio is >= 0 and <= 1;
}

/// <summary>
/// Decides as a request begins, by its address, whether it is traced: polls are many and alike, so a share of them tells enough. One that
/// fails tells more, and leaves a span of its own.
/// </summary>
public sealed class TracedRequests(TelemetryOptions options)
{
    public static readonly ActivitySource Failures = new("Intotes.Chat.Failures");

    private static readonly string[] Polls = ["/api/v1/chat/poll", "/api/v1/operator/poll", "/api/v1/chat/events"];

    /// <summary>Follows the caller's own trace, where there is one; the sampler has done so before this is asked.</summary>
    public bool IsTraced(HttpContext http)
    {
        var path = http.Request.Path;
        // The request's own span: its feature is not there yet.
        if (Activity.Current is not { HasRemoteParent: false })
        {
            return true;
        }

        return IsPoll(path) ? Random.Shared.NextDouble() < options.PollSampleRatio : IsOfChat(path);
    }

    /// <summary>A request that failed and was not traced leaves one span, which names the trace that logs know it by.</summary>
    public static async Task NoteFailureAsync(HttpContext http, RequestDelegate next)
    {
        var untraced = http.Features.Get<IHttpActivityFeature>()?.Activity;
        // Whoever turns an exception into an answer takes the endpoint away.
        var endpoint = http.GetEndpoint();
        await next(http);
        if (http.Response.StatusCode < 500 || !IsOfChat(http.Request.Path) || untraced is null || untraced.Recorded || untraced.HasRemoteParent)
        {
            return;
        }

        var route = endpoint?.Metadata.GetMetadata<IRouteDiagnosticsMetadata>()?.Route;
        var current = Activity.Current;
        Activity.Current = null;
        using (var failure = Failures.StartActivity(
            $"{http.Request.Method} {route}", ActivityKind.Server, default(ActivityContext), links: [new ActivityLink(untraced.Context)], startTime: untraced.StartTimeUtc))
        {
            failure?.SetTag("http.request.method", http.Request.Method).SetTag("http.route", route)
                .SetTag("http.response.status_code", http.Response.StatusCode).SetTag("error.type", $"{http.Response.StatusCode}").SetStatus(ActivityStatusCode.Error);
        }

        Activity.Current = current;
    }

    private static bool IsPoll(PathString path)
    {
        foreach (var poll in Polls)
        {
            if (path.Equals(poll, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Not the questions of load balancers and of Prometheus, nor files.</summary>
    private static bool IsOfChat(PathString path) => path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase);
}
