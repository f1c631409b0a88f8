using System.Net;
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
    private const string Style = """
        :root { color-scheme: light dark; font: 16px/1.5 "Segoe UI", Roboto, "DejaVu Sans", sans-serif; background: light-dark(#fbfaf7, #14181b); color: light-dark(#22262a, #e6e9eb); }
        body { margin: 0; }
        header { display: flex; flex-wrap: wrap; gap: 8px 40px; align-items: baseline; padding: 16px clamp(16px, 4vw, 48px); border-bottom: 1px solid light-dark(#e6e2d8, #2c3338); }
        header b { font-size: 1.3rem; }
        nav { display: flex; gap: 24px; }
        a { color: inherit; }
        main { padding: 28px clamp(16px, 4vw, 48px); }
        h1 { margin: 0; font-size: 2.1rem; line-height: 1.2; }
        h1 + p, li p { color: light-dark(#5b6167, #a7b0b6); }
        ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(220px, 100%), 1fr)); gap: 24px; margin: 28px 0 0; padding: 0; list-style: none; }
        svg { display: block; padding: 24px; border-radius: 14px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
        li:nth-child(3n + 1) svg { background: light-dark(#efe4d2, #3a3226); }
        li:nth-child(3n + 2) svg { background: light-dark(#dce7df, #24342c); }
        li:nth-child(3n) svg { background: light-dark(#dfe4ef, #262e3d); }
        h2 { margin: 12px 0 0; font-size: 1rem; }
        li p { margin: 0; }
        """;

    private const string Shoe = "M14 36c10 10 26 6 34-10l34 22c12 6 26 4 26 18v4H14ZM14 70v6h94v-6M56 36l-8 9M65 42l-8 9M74 48l-8 9";
    private const string Boot = "M34 10h30v30c10 8 40 6 40 26v6H34ZM34 72v7h70v-7M34 22h30M64 30h-8M64 38h-8M70 45l-6 7";
    private const string Coat = "M46 10l14 8 14-8 16 8 12 44-9 3L82 36v44H38V36L27 65l-9-3 12-44ZM60 18v62M52 54h-5M68 54h5";
    private const string Bag = "M30 34h60l8 44H22ZM44 46V30c0-22 32-22 32 0v16";

    private static readonly (string Name, int Price, string Shape)[] Goods =
    [
        ("Trail shoe", 119, Shoe), ("Winter boot", 159, Boot), ("Rain coat", 189, Coat), ("Day bag", 74, Bag),
        ("City shoe", 99, Shoe), ("Wool coat", 229, Coat), ("Weekend bag", 129, Bag), ("Hiking boot", 179, Boot),
    ];

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
    /// <param name="attributes">Of the script, as a query: <c>locale=ar</c>; and <c>lang</c>, that of the page.</param>
    public string With(Uri node, string attributes = "") => $"{Origin}/?node={node.GetLeftPart(UriPartial.Authority)}&{attributes}";

    public async ValueTask DisposeAsync() => await server.DisposeAsync();

    /// <summary>A page of the folder <c>Hostile</c>.</summary>
    private static string Hostile(string name, string node) => File.ReadAllText(Path.Combine(ArchitectureTests.Root, "tests/Browsers/Widget/Hostile", name))
        .Replace("{node}", node, StringComparison.Ordinal)
        .Replace("{widget}", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "wwwroot/widget.js")), StringComparison.Ordinal);

    private static Task AnswerAsync(HttpContext http)
    {
        var query = http.Request.Query;
        if (http.Request.Path.StartsWithSegments("/hostile", out var name))
        {
            http.Response.ContentType = "text/html; charset=utf-8";
            return http.Response.WriteAsync(Hostile(name.Value![1..], query["node"].ToString()));
        }

        if (http.Request.Path.Value!.EndsWith(".json", StringComparison.Ordinal))
        {
            http.Response.ContentType = "application/json";
            return http.Response.WriteAsync(http.Request.Path == "/other-kinds.json"
                ? """{ "title": null, "placeholder": 5, "unread": {}, "send": ["Send"] }"""
                : """{ "title": "Hulp", "send": "Versturen" }""");
        }

        var node = query["node"].ToString();
        var attributes = string.Join(' ', query.Where(field => field.Key is not ("node" or "lang")).Select(field => $"data-{field.Key}=\"{field.Value}\""));
        http.Response.ContentType = "text/html; charset=utf-8";
        // The page's own style has a nonce, which the widget knows nothing of.
        http.Response.Headers.ContentSecurityPolicy = $"default-src 'none'; script-src {node}; connect-src {node} 'self'; img-src data:; style-src 'nonce-shop'";
        return http.Response.WriteAsync($"""
            <!doctype html>
            <html lang="{WebUtility.HtmlEncode(query["lang"].FirstOrDefault() ?? "en")}">
            <head>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>A shop</title>
            <link rel="icon" href="data:,">
            <style nonce="shop">{Style}</style>
            <script src="{node}/widget.js" {attributes} async></script>
            </head>
            <body>
            <header><b>A shop</b><nav><a href="#shoes">Shoes</a><a href="#coats">Coats</a><a href="#bags">Bags</a></nav></header>
            <main>
            <h1>Made to walk in</h1>
            <p>With you within three days, and thirty more to change your mind.</p>
            <ul>{string.Concat(Goods.Select(good => $"""<li><svg viewBox="0 0 120 90" aria-hidden="true"><path d="{good.Shape}"/></svg><h2>{good.Name}</h2><p>€{good.Price}</p></li>"""))}</ul>
            </main>
            </body>
            </html>
            """);
    }
}
