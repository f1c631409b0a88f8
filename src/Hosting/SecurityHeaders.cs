namespace Intotes.Chat.Hosting;

/// <summary>
/// What a browser may do with an answer, by kind of answer: data is never a page, frame or script of its own; the widget may be loaded by
/// other sites; the console and the API reference are pages that load from this service only and stand in no frame.
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

    public static void Apply(HttpContext http)
    {
        var (path, headers) = (http.Request.Path, http.Response.Headers);
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = path.StartsWithSegments("/operator", StringComparison.Ordinal) ? Console
            : path.StartsWithSegments("/docs", StringComparison.Ordinal) ? Reference
            : Data;
        headers["Cross-Origin-Resource-Policy"] = IsWidget(path) ? "cross-origin" : "same-origin";
    }

    private static bool IsWidget(PathString path) => path.StartsWithSegments("/widget.js", StringComparison.Ordinal) || path.StartsWithSegments("/widget", StringComparison.Ordinal);
}
