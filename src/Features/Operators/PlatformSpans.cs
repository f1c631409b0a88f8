using System.Diagnostics;

namespace Intotes.Chat.Features.Operators;

/// <summary>
/// One client span for each attempt of a request to the platform, by OpenTelemetry's semantic conventions for HTTP. .NET's own would hold the
/// address, and with it the customer's id.
/// </summary>
public sealed class PlatformSpans : DelegatingHandler
{
    public static readonly ActivitySource Activities = new("Intotes.Chat.Platform");

    private static readonly HttpRequestOptionsKey<int> Attempts = new("platform.attempts");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var span = Start(request);
        DistributedContextPropagator.Current.Inject(span ?? Activity.Current, request.Headers, static (headers, name, value) =>
        {
            var all = (System.Net.Http.Headers.HttpRequestHeaders)headers!;
            all.Remove(name);
            all.TryAddWithoutValidation(name, value);
        });
        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            span?.SetTag("http.response.status_code", (int)response.StatusCode);
            if (!response.IsSuccessStatusCode)
            {
                Fail(span, $"{(int)response.StatusCode}");
            }

            return response;
        }
        catch (Exception e)
        {
            Fail(span, e.GetType().Name);
            throw;
        }
    }

    private static Activity? Start(HttpRequestMessage request)
    {
        if (Activity.Current is not { Recorded: true })
        {
            return null;
        }

        // The address ends in users/ID/WHAT.
        var (uri, method) = (request.RequestUri!, request.Method.Method);
        var (before, what) = (string.Concat(uri.Segments[..^2]), uri.Segments[^1]);
        var span = Activities.StartActivity($"{method} {before}{{id}}/{what}", ActivityKind.Client);
        span?.SetTag("http.request.method", method).SetTag("url.template", $"{before}{{id}}/{what}")
            .SetTag("url.full", $"{uri.GetLeftPart(UriPartial.Authority)}{before}REDACTED/{what}{uri.Query}")
            .SetTag("server.address", uri.Host).SetTag("server.port", uri.Port);
        request.Options.TryGetValue(Attempts, out var attempts);
        request.Options.Set(Attempts, attempts + 1);
        return attempts == 0 ? span : span?.SetTag("http.request.resend_count", attempts);
    }

    private static void Fail(Activity? span, string error) => span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", error);
}
