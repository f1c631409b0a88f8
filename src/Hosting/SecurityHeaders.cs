namespace Intotes.Chat.Hosting;

/// <summary>
/// What a browser may do with an answer, by kind of answer: data is never a page, frame or script of its own; the widget may be loaded by
/// other sites; the console and the API reference are pages that load from this service only and stand in no frame. Who came by HTTPS is told
/// to come so again (HSTS, RFC 6797), but for those who develop, on whose machine it would hold for every other service too.
/// </summary>
public static class SecurityHeaders
{
    private const string Data = "default-src 'none'; frame-ancestors 'none'";

    private const string Console =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; media-src 'self'; manifest-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>The page's bundle brings inline styles, and an inline script starts it.</summary>
    private const string Reference =
        "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; frame-ancestors 'none'";

    private static readonly string[] Local = ["localhost", "127.0.0.1", "[::1]"];

    public static void Apply(HttpContext http)
    {
        var (path, headers) = (http.Request.Path, http.Response.Headers);
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = IsConsole(path) ? Console
            : IsReference(path) ? Reference
            : Data;
        headers["Cross-Origin-Resource-Policy"] = IsWidget(path) ? "cross-origin" : "same-origin";
        if (IsReference(path))
        {
            // The middleware that serves the page's scripts says no-cache, after this.
            http.Response.OnStarting(static response => Task.FromResult(((HttpResponse)response).Headers.CacheControl = "no-store"), http.Response);
        }

        if (http.Request.IsHttps && !Local.Contains(http.Request.Host.Host, StringComparer.OrdinalIgnoreCase)
            && !http.RequestServices.GetRequiredService<IHostEnvironment>().IsDevelopment())
        {
            headers.StrictTransportSecurity = "max-age=31536000";
        }
    }

    /// <summary>Whether it is a page, or a file of one, rather than data.</summary>
    public static bool IsPage(PathString path) => path == "/" || IsConsole(path) || IsWidget(path);

    public static bool IsWidget(PathString path) => path.StartsWithSegments("/widget.js", StringComparison.Ordinal) || path.StartsWithSegments("/widget", StringComparison.Ordinal);

    private static bool IsConsole(PathString path) => path.StartsWithSegments("/operator", StringComparison.Ordinal);

    private static bool IsReference(PathString path) => path.StartsWithSegments("/docs", StringComparison.Ordinal);
}
