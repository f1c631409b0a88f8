using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.StaticFiles;

namespace Intotes.Chat.Hosting;

/// <summary>The two faces, as files in <c>wwwroot</c>: the widget (<c>/widget.js</c>) for other sites, and the console (<c>/operator</c>) for this one.</summary>
public static class PagesExtensions
{
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
        app.UseWhen(static http => SecurityHeaders.IsPage(http.Request.Path), static pages => pages
            .UseResponseCompression()
            .UseDefaultFiles(new DefaultFilesOptions { RedirectToAppendTrailingSlash = false })
            .UseStaticFiles(new StaticFileOptions { OnPrepareResponse = LetOtherSitesLoadTheWidget }));
        return app;
    }

    /// <summary>Browsers load modules of another origin only where that says anybody may (Fetch Standard, CORS protocol).</summary>
    private static void LetOtherSitesLoadTheWidget(StaticFileResponseContext file)
    {
        if (SecurityHeaders.IsWidget(file.Context.Request.Path))
        {
            file.Context.Response.Headers.AccessControlAllowOrigin = "*";
        }
    }
}
