using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.StaticFiles;

namespace Intotes.Chat.Hosting;

/// <summary>The files of <c>wwwroot</c>: the widget (<c>/widget.js</c>) for other sites, the console (<c>/operator</c>), and a first page (<c>/</c>) with links.</summary>
public static class PagesExtensions
{
    private const string ConsolePath = "/operator";

    /// <summary>Compressed as the build says of the widget. Under HTTPS too: the files are the same for everybody, so their length tells nothing (BREACH needs a secret in them).</summary>
    public static IServiceCollection AddPages(this IServiceCollection services) => services
        .Configure<GzipCompressionProviderOptions>(o => o.Level = CompressionLevel.Optimal)
        .AddResponseCompression(o =>
    {
        o.EnableForHttps = true;
        o.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "image/svg+xml"];
        o.Providers.Add<BrotliCompressionProvider>();
        o.Providers.Add<GzipCompressionProvider>();
    });

    /// <summary>Answers files only; what is none goes on to the API, which is never compressed.</summary>
    public static WebApplication UsePages(this WebApplication app)
    {
        app.UseOperatorSide();
        app.UseWhen(static http => SecurityHeaders.IsPage(http.Request.Path), static pages => pages
            .Use(AnswerPreflights)
            .Use(static (http, next) => http.Request.Path.Value is ConsolePath + "/" or ConsolePath + "/index.html" ? LeadToTheConsole(http) : next(http))
            .UseResponseCompression()
            .UseDefaultFiles(new DefaultFilesOptions { RedirectToAppendTrailingSlash = false })
            .UseStaticFiles(new StaticFileOptions { OnPrepareResponse = Prepare }));
        return app;
    }

    /// <summary>
    /// Browsers ask before they load a file with headers that a page's script added to the request (Fetch Standard, CORS preflight). Any header is allowed:
    /// the files are public and the same for everybody.
    /// </summary>
    private static Task AnswerPreflights(HttpContext http, RequestDelegate next)
    {
        var (request, headers) = (http.Request, http.Response.Headers);
        if (!HttpMethods.IsOptions(request.Method) || !SecurityHeaders.IsWidget(request.Path))
        {
            return next(http);
        }

        http.Response.StatusCode = StatusCodes.Status204NoContent;
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlAllowMethods = "GET, HEAD";
        headers.AccessControlAllowHeaders = request.Headers.AccessControlRequestHeaders;
        headers.AccessControlMaxAge = "600";
        return Task.CompletedTask;
    }

    /// <summary>
    /// The console's files are named relative to its one address, so that it works under a prefix that a proxy strips. The way there is relative too: what
    /// stands before is not known here.
    /// </summary>
    private static Task LeadToTheConsole(HttpContext http)
    {
        http.Response.Redirect($"..{ConsolePath}{http.Request.QueryString}");
        return Task.CompletedTask;
    }

    /// <summary>
    /// A browser keeps a file, and asks each time whether it is still the same. Browsers load modules of another origin only where that says anybody may
    /// (Fetch Standard, CORS protocol).
    /// </summary>
    private static void Prepare(StaticFileResponseContext file)
    {
        file.Context.Response.Headers.CacheControl = "no-cache";
        if (SecurityHeaders.IsWidget(file.Context.Request.Path))
        {
            file.Context.Response.Headers.AccessControlAllowOrigin = "*";
        }
    }
}
