using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>
/// A page of somebody else's site with the widget on it. It is on another site than the nodes (<c>localhost</c>, they are on <c>127.0.0.1</c>), and allows
/// of them what docs/widget.md says that the widget needs, and nothing else.
/// </summary>
public sealed class ShopPage : IAsyncDisposable
{
    private readonly WebApplication server;

    private ShopPage(WebApplication server) => this.server = server;

    /// <summary>As browsers name it.</summary>
    public string Origin => server.Urls.Single().Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

    public static async Task<ShopPage> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var server = builder.Build();
        server.Run(AnswerAsync);
        await server.StartAsync();
        return new ShopPage(server);
    }

    /// <summary>The page with the widget of this node.</summary>
    /// <param name="attributes">Of the script, as a query: <c>locale=ar</c>.</param>
    public string With(Uri node, string attributes = "") => $"{Origin}/?node={node.GetLeftPart(UriPartial.Authority)}&{attributes}";

    public async ValueTask DisposeAsync() => await server.DisposeAsync();

    private static Task AnswerAsync(HttpContext http)
    {
        var query = http.Request.Query;
        if (http.Request.Path != "/")
        {
            http.Response.ContentType = "application/json";
            return http.Response.WriteAsync("""{ "title": "Hulp", "send": "Versturen" }""");
        }

        var node = query["node"].ToString();
        var attributes = string.Join(' ', query.Where(field => field.Key != "node").Select(field => $"data-{field.Key}=\"{field.Value}\""));
        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.Headers.ContentSecurityPolicy = $"default-src 'none'; script-src {node}; connect-src {node} 'self'; img-src data:";
        return http.Response.WriteAsync($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>A shop</title>
            <link rel="icon" href="data:,">
            <script src="{node}/widget.js" {attributes} async></script>
            </head>
            <body><main><h1>A shop</h1><p><a href="#shoes">Shoes</a></p></main></body>
            </html>
            """);
    }
}
