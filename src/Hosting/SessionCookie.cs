namespace Intotes.Chat.Hosting;

/// <summary>
/// The session token in the visitor's browser, out of reach of scripts (RFC 6265bis). On HTTPS it also travels from sites that embed the
/// widget, each with a jar of its own (CHIPS); plain http is for local use and stays on its own site.
/// </summary>
public static class SessionCookie
{
    public const string LocalName = "chat_session";
    public const string SecureName = "__Host-chat_session";

    /// <summary>Whether the cookie is what says who is calling, rather than a header that only a page's own script can set.</summary>
    public static bool SpeaksFor(HttpRequest request) =>
        request.Headers.Cookie.Count > 0 && request.Headers[SessionTokenAuthentication.Header].ToString().Length == 0 && Read(request) is not null;

    public static string? Read(HttpRequest request) => request.Cookies[Name(request)] is { Length: > 0 } token ? token : null;

    public static void Write(HttpContext http, string token, TimeSpan lifetime)
    {
        var options = Options(http.Request);
        options.MaxAge = lifetime;
        http.Response.Cookies.Append(Name(http.Request), token, options);
    }

    public static void Clear(HttpContext http) => http.Response.Cookies.Delete(Name(http.Request), Options(http.Request));

    private static string Name(HttpRequest request) => request.IsHttps ? SecureName : LocalName;

    private static CookieOptions Options(HttpRequest request)
    {
        var options = new CookieOptions { HttpOnly = true, Path = "/", Secure = request.IsHttps, SameSite = request.IsHttps ? SameSiteMode.None : SameSiteMode.Lax };
        if (request.IsHttps)
        {
            options.Extensions.Add("Partitioned");
        }

        return options;
    }
}
