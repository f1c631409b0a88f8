using System.Net.Mime;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Intotes.Chat.Hosting;

/// <summary>The sites that may embed the widget; section <c>Chat</c>.</summary>
public sealed class BrowserOptions
{
    /// <summary>Origins (RFC 6454), each exactly as a browser sends it: <c>https://www.example.com</c>.</summary>
    public string[] AllowedOrigins { get; init; } = [];

    /// <summary>Null, or the sentence that says what is wrong.</summary>
    public string? Fault(bool isForReal) =>
        AllowedOrigins.FirstOrDefault(origin => !IsOrigin(origin)) is { } malformed
            ? $"Chat__AllowedOrigins must each be an origin such as https://www.example.com, which '{malformed}' is not."
        : isForReal && AllowedOrigins.FirstOrDefault(origin => origin.StartsWith("http:", StringComparison.Ordinal) && !IsOfThisDevice(origin)) is { } open
            ? $"Chat__AllowedOrigins must each begin with https outside Development, which '{open}' does not: an attacker on the network could act as that site."
        : null;

    /// <summary>The schemes under which app shells serve their own pages: Capacitor and Ionic on iOS, Tauri on macOS and Linux, Cordova.</summary>
    private static readonly string[] OfApps = ["capacitor", "ionic", "tauri", "app"];

    /// <summary>A name in other letters than ASCII a browser sends in Punycode; and no wildcard would match anything.</summary>
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme is "http" or "https" || OfApps.Contains(url.Scheme)) && url.Host.Length > 0
        && url.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) == text
        && text.All(c => char.IsAsciiLetterOrDigit(c) || ".-_:/[]".Contains(c, StringComparison.Ordinal));

    /// <summary>The origins of app shells on Android (<c>http://localhost</c>) and Windows (<c>http://tauri.localhost</c>): nobody sits between.</summary>
    private static bool IsOfThisDevice(string origin) => origin is "http://localhost" or "http://tauri.localhost";
}

/// <summary>The rules for browsers: which sites may call (CORS), which requests are another site's (CSRF), what a page may do with an answer.</summary>
public static class BrowserExtensions
{
    /// <summary>Where visitors call, from pages of other sites too. Everything else is for pages of this service only.</summary>
    private const string OpenToSites = "/api/v1/chat";

    /// <summary>Where the cookie means something. Pages and scripts of ours may be linked from anywhere, with or without cookies.</summary>
    private const string Api = "/api";

    public static IServiceCollection AddBrowserRules(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        var options = configuration.GetSection("Chat").Get<BrowserOptions>() ?? new BrowserOptions();
        if (options.Fault(!environment.IsDevelopment()) is { } fault)
        {
            throw new Storage.CannotStartException(fault);
        }

        services.AddSingleton(Options.Create(options));
        services.AddCors(o => o.AddDefaultPolicy(policy => policy
            .WithOrigins(options.AllowedOrigins)
            .AllowCredentials()
            .WithMethods(HttpMethods.Get, HttpMethods.Head, HttpMethods.Post, HttpMethods.Delete)
            .AllowAnyHeader() // pages and their tracing libraries add headers of their own to every request; the API ignores those that it does not know
            .WithExposedHeaders(HeaderNames.RetryAfter)
            .SetPreflightMaxAge(TimeSpan.FromMinutes(10))));
        return services;
    }

    public static WebApplication UseBrowserRules(this WebApplication app)
    {
        app.Use(static (http, next) =>
        {
            if (HttpMethods.IsOptions(http.Request.Method) && http.Request.Headers.AccessControlRequestHeaders is { Count: > 0 } asked)
            {
                // What allows any header names those that were asked for, and no answer may hold other characters than visible ASCII.
                http.Request.Headers.AccessControlRequestHeaders = string.Join(
                    ',', asked.ToString().Split(',', StringSplitOptions.TrimEntries).Where(static name => name.All(c => c is > ' ' and <= '~')));
            }

            return next(http);
        });
        app.UseWhen(
            static http => http.Request.Headers.Origin.Count > 0 && http.Request.Path.StartsWithSegments(OpenToSites, StringComparison.OrdinalIgnoreCase),
            static chat => chat.UseCors());
        var allowed = app.Services.GetRequiredService<IOptions<BrowserOptions>>().Value.AllowedOrigins.ToHashSet(StringComparer.Ordinal);
        EarlyAnswers.Watch(app.Services, OpenToSites, allowed);
        app.Use((http, next) => IsFromElsewhere(http.Request, allowed) ? (Problem.Forbidden with { SecurityEvent = "cross_site" }).ExecuteAsync(http)
            : IsForm(http.Request) ? Problem.UnsupportedMediaType.ExecuteAsync(http)
            : next(http));
        return app;
    }

    /// <summary>
    /// Whether another site than those allowed made the browser send this, where that matters: requests that change something, and all that the
    /// cookie speaks for, because a browser adds it by itself. Browsers say so in Sec-Fetch-Site (W3C Fetch Metadata) and Origin (RFC 6454),
    /// which no page can forge; a program that is no browser sends neither, and no site can make it send anything.
    /// </summary>
    private static bool IsFromElsewhere(HttpRequest request, HashSet<string> allowed)
    {
        if (IsSafe(request.Method) && !(request.Path.StartsWithSegments(Api, StringComparison.OrdinalIgnoreCase) && SessionCookie.SpeaksFor(request)))
        {
            return false;
        }

        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site is "same-origin" or "none")
        {
            return false;
        }

        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0 ? !allowed.Contains(origin) && origin != $"{request.Scheme}://{request.Host}" : site.Length > 0;
    }

    /// <summary>
    /// What a form may send without asking first, where the cookie speaks for it; the second line of defence behind the origin. A page that
    /// says where it is, and may call, may leave the body empty under any type.
    /// </summary>
    private static bool IsForm(HttpRequest request) =>
        !IsSafe(request.Method) && request.ContentType is { Length: > 0 } type && !type.StartsWith(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase)
        && !(request.ContentLength == 0 && request.Headers.Origin.Count > 0) && SessionCookie.SpeaksFor(request);

    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
}
