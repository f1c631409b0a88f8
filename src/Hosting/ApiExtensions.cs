using System.Net.Mime;
using FastEndpoints;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace Intotes.Chat.Hosting;

/// <summary>FastEndpoints as this service uses it. Its configuration is the process's: every node in one process must configure it alike.</summary>
public static class ApiExtensions
{
    /// <summary>The largest body that is refused and skipped.</summary>
    private const int MostSkippedBytes = 1024 * 1024;

    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.AddFastEndpoints();
        services.AddSingleton(typeof(IRequestBinder<>), typeof(DeclaredBinder<>));
        services.ConfigureHttpJsonOptions(o => Json.Configure(o.SerializerOptions));
        return services;
    }

    public static WebApplication UseApi(this WebApplication app)
    {
        app.Use(CheckBody);
        app.UseFastEndpoints(c =>
        {
            c.Endpoints.RoutePrefix = "api/v1";
            c.Endpoints.ShortNames = true;
            Json.Configure(c.Serializer.Options);
            c.Serializer.Options.Converters.Add(new WholeNumbers());
            c.Binding.ValueParserFor<int?>(WholeNumbers.Parse);
            // JSON media types have no charset parameter (RFC 8259, RFC 9457).
            c.Serializer.CharacterEncoding = null;
            c.Errors.ResponseBuilder = (failures, _, _) => ProblemExtensions.FromFailures(failures);
            c.Errors.ContentType = "application/problem+json";
            c.Binding.JsonExceptionTransformer = static e => new FluentValidation.Results.ValidationFailure(
                e.Path is { Length: > 2 } path ? path[2..] : "body", "Is not valid JSON of the expected type.");
            c.Binding.FailureMessage = static (_, _, _) => "Is not of the expected type.";
        });
        return app;
    }

    /// <summary>
    /// The routing has compared the type already, but lets an empty one pass, and FastEndpoints fails on a charset it does not know. ASCII is
    /// UTF-8 too, and <c>utf8</c> names nothing else.
    /// </summary>
    private static bool IsUtf8Json(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type) && type.Charset.Value?.Trim('"').ToUpperInvariant() is null or "" or "UTF-8" or "UTF8" or "US-ASCII";

    /// <summary>Nothing is decoded here: a few KB may stand for gigabytes.</summary>
    private static bool IsEncoded(HttpRequest request) => request.Headers.ContentEncoding
        .SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        .Any(static coding => !coding.Equals("identity", StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Where JSON is taken, no body at all means an empty object, so that optional bodies need no ceremony; a body without a
    /// Content-Type is refused (FastEndpoints by itself would answer both with a bare 415), and one that says it is too large is not read.
    /// </summary>
    private static Task CheckBody(HttpContext http, RequestDelegate next)
    {
        var request = http.Request;
        if (http.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>() is not { ContentTypes: [MediaTypeNames.Application.Json] })
        {
            return next(http);
        }

        if (http.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            request.Headers.ContentEncoding = default;
            request.ContentType = MediaTypeNames.Application.Json;
            request.Body = new MemoryStream("{}"u8.ToArray());
            request.ContentLength = 2;
        }

        if (request.ContentLength > ServerExtensions.MostBodyBytes)
        {
            // A client that asks first whether to send the body (RFC 9110, section 10.1.1) need not send it.
            if (request.ContentLength <= MostSkippedBytes && request.Headers.Expect.Count == 0 && http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            {
                // Kestrel then skips it: a client that still sends, while nobody reads, may find the connection broken and never see the answer.
                limit.MaxRequestBodySize = request.ContentLength;
            }
            else if (HttpProtocol.IsHttp11(request.Protocol))
            {
                // A body that is not skipped ends this connection, as the client must know.
                http.Response.Headers.Connection = "close";
            }

            return Problem.PayloadTooLarge.ExecuteAsync(http);
        }

        if (IsEncoded(request))
        {
            // RFC 9110, section 15.5.16: so the client knows that the coding is at fault, and not the type.
            http.Response.Headers.AcceptEncoding = "identity";
            return Problem.UnsupportedEncoding.ExecuteAsync(http);
        }

        if (!IsUtf8Json(request.ContentType))
        {
            return Problem.UnsupportedMediaType.ExecuteAsync(http);
        }

        // In the one spelling that the reader of the body knows: a charset in quotes, which RFC 9110 allows, it does not.
        request.ContentType = MediaTypeNames.Application.Json;
        return next(http);
    }
}
