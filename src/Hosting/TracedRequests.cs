using System.Diagnostics;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using OpenTelemetry.Trace;

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
/// fails tells more, and leaves a span of its own. Work outside of requests is always traced.
/// </summary>
public sealed class TracedRequests(TelemetryOptions options, IHttpContextAccessor current) : Sampler
{
    public static readonly ActivitySource Failures = new("Intotes.Chat.Failures");

    /// <summary>The span that ASP.NET Core begins for each request; its name and route come later, and so does its path.</summary>
    private const string Request = "Microsoft.AspNetCore.Hosting.HttpRequestIn";

    private static readonly string[] Polls = ["/api/v1/chat/poll", "/api/v1/operator/poll", "/api/v1/chat/events"];

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) => new(
        samplingParameters.Name != Request || current.HttpContext is not { Request.Path: var path } || (IsPoll(path) ? Random.Shared.NextDouble() < options.PollSampleRatio : IsOfChat(path)));

    /// <summary>A request that fails and is not traced leaves one span, which names the trace that logs know it by.</summary>
    public static void NoteFailure(HttpContext http, int status)
    {
        if (http.Features.Get<IHttpActivityFeature>()?.Activity is not { Recorded: false, HasRemoteParent: false } untraced || !IsOfChat(http.Request.Path))
        {
            return;
        }

        // The exception handler takes the endpoint away.
        var endpoint = http.Features.Get<IExceptionHandlerFeature>()?.Endpoint ?? http.GetEndpoint();
        var route = endpoint?.Metadata.GetMetadata<IRouteDiagnosticsMetadata>()?.Route;
        var current = Activity.Current;
        Activity.Current = null;
        using (var failure = Failures.StartActivity(
            $"{http.Request.Method} {route}", ActivityKind.Server, default(ActivityContext), links: [new ActivityLink(untraced.Context)], startTime: untraced.StartTimeUtc))
        {
            failure?.SetTag("http.request.method", http.Request.Method).SetTag("http.route", route)
                .SetTag("http.response.status_code", status).SetTag("error.type", $"{status}").SetStatus(ActivityStatusCode.Error);
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
