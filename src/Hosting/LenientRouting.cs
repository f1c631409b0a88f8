using Microsoft.AspNetCore.Http.Features;

namespace Intotes.Chat.Hosting;

/// <summary>Finds a request's endpoint, and takes for it what can mean one thing only: HEAD wherever GET is, and an empty body of any type.</summary>
public static class LenientRouting
{
    /// <summary>An empty body counts as none, before routing compares its type with what the endpoint takes.</summary>
    public static WebApplication UseLenientRouting(this WebApplication app)
    {
        app.Use(static (http, next) => HttpMethods.IsGet(http.Request.Method) ? next(http) : DropEmptyBodyAsync(http, next));
        // Only for as long as it is routed: what is no page and no file is told HEAD from GET, and the server sends no body either way.
        app.Use(static (http, next) =>
        {
            if (HttpMethods.IsHead(http.Request.Method))
            {
                http.Features.Set(HeadRequest.Only);
                http.Request.Method = HttpMethods.Get;
            }

            return next(http);
        });
        app.UseRouting();
        app.Use(static (http, next) =>
        {
            if (http.Features.Get<HeadRequest>() is not null)
            {
                http.Request.Method = HttpMethods.Head;
            }

            return next(http);
        });
        return app;
    }

    private static async Task DropEmptyBodyAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            http.Request.Headers.ContentType = default;
        }
        else if (http.Request.ContentLength is null && await IsEmptyAsync(http))
        {
            http.Request.Headers.ContentType = default;
            http.Features.Set<IHttpRequestBodyDetectionFeature>(NoBody.Only);
        }

        await next(http);
    }

    /// <summary>Whether a body whose length is not told ends before it begins. What it begins with is left for the endpoint.</summary>
    private static async Task<bool> IsEmptyAsync(HttpContext http)
    {
        var body = http.Request.BodyReader;
        var read = await body.ReadAsync(http.RequestAborted);
        body.AdvanceTo(read.Buffer.Start);
        return read is { IsCompleted: true, Buffer.IsEmpty: true };
    }

    private sealed class HeadRequest
    {
        public static readonly HeadRequest Only = new();
    }

    private sealed class NoBody : IHttpRequestBodyDetectionFeature
    {
        public static readonly NoBody Only = new();

        public bool CanHaveBody => false;
    }
}
