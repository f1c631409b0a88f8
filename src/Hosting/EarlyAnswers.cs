using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Intotes.Chat.Hosting;

/// <summary>
/// Lets pages read the status of what Kestrel refuses before any middleware runs: a malformed request (400), one that comes too slowly (408) or whose head
/// is too large (414, 431). Without CORS headers a page cannot tell such a refusal from a lost network, and tries again for ever.
/// </summary>
public sealed class EarlyAnswers : IObserver<KeyValuePair<string, object?>>
{
    private const string Refused = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    private readonly PathString open;
    private readonly HashSet<string> allowed;

    private EarlyAnswers(PathString open, HashSet<string> allowed) => (this.open, this.allowed) = (open, allowed);

    /// <param name="services">Of the node.</param>
    /// <param name="open">Where pages of other sites may call.</param>
    /// <param name="allowed">The origins of those pages.</param>
    public static void Watch(IServiceProvider services, PathString open, HashSet<string> allowed) =>
        services.GetRequiredService<DiagnosticListener>().Subscribe(new EarlyAnswers(open, allowed), static name => name == Refused);

    /// <summary>
    /// Kestrel announces a refusal before it sends it, and takes away every header that is set here; but an answer that was begun here stays, and Kestrel
    /// then only closes the connection. There is no way to write a body that early.
    /// </summary>
    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value is { Key: Refused, Value: IFeatureCollection connection }
            && connection.Get<IHttpRequestFeature>() is { } request && connection.Get<IHttpResponseFeature>() is { HasStarted: false } response
            && (string.IsNullOrEmpty(request.Path) || request.Path.StartsWith(open.Value!, StringComparison.OrdinalIgnoreCase)))
        {
            Allow(request.Headers.Origin.ToString(), response.Headers);
            response.Headers.CacheControl = "no-store";
            response.Headers.Connection = "close";
            response.Headers.ContentLength = 0;
            // Done at once: nothing is written but headers, into memory.
            _ = connection.GetRequiredFeature<IHttpResponseBodyFeature>().StartAsync();
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    /// <summary>Where the refusal came before the origin was read any page may see it, but none that sends cookies.</summary>
    private void Allow(string origin, IHeaderDictionary headers)
    {
        headers.Append(HeaderNames.Vary, HeaderNames.Origin);
        if (origin.Length == 0)
        {
            headers.AccessControlAllowOrigin = "*";
        }
        else if (allowed.Contains(origin))
        {
            headers.AccessControlAllowOrigin = origin;
            headers.AccessControlAllowCredentials = "true";
        }
    }
}
