using System.Net.Mime;
using FastEndpoints;
using Intotes.Chat.Hosting.OpenApi;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Intotes.Chat.Hosting;

/// <summary>The API described, for programs (<c>/openapi/v1.json</c>, OpenAPI 3.1) and for people (<c>/docs</c>).</summary>
public static class OpenApiExtensions
{
    private const string DocumentName = "v1", DocumentPath = "/openapi/v1.json";

    private const string Conventions = """
        A support chat: visitors, anonymous or signed in, talk with human operators.

        - JSON in UTF-8. Unknown request fields are ignored, fields that may be null may be left out of a request, and every field is
          always there in a response.
        - Times are RFC 3339 in UTC with milliseconds. Durations name their unit (`...Seconds`, `...Ms`).
        - Every error is `application/problem+json` (RFC 9457). Its `code` is the stable word to decide by; each answer lists its codes.
        - The id of a message is also a cursor: opaque, strictly increasing inside a session. `0-0` stands before the first.
        - A bearer token that is present but bad is `401 invalid_token` everywhere. Where a bearer token and a session token come
          together, the bearer token decides.
        - No answer may be cached.

        How this node is: [live](/health/live), [ready](/health/ready), [started](/health/startup).
        """;

    public static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi(DocumentName, o =>
    {
        o.ShouldInclude = static endpoint => endpoint.ActionDescriptor.EndpointMetadata.OfType<EndpointDefinition>().Any();
        o.CreateSchemaReferenceId = SchemaDescriber.NameOf;
        o.AddSchemaTransformer<SchemaDescriber>();
        o.AddOperationTransformer<EndpointDescriber>();
        o.AddDocumentTransformer(static (document, _, _) =>
        {
            Complete(document);
            return Task.CompletedTask;
        });
    });

    public static WebApplication UseApiDescription(this WebApplication app)
    {
        // Made once: it takes some 30 ms, says the same until the process ends, and anybody may ask for it.
        // By itself, so that those who ask meanwhile await it rather than block, hundreds of them, the threads that serve the others.
        // Where making it failed, the next request makes it again.
        var (gate, document) = (new Lock(), Task.FromException<byte[]>(new InvalidOperationException("Not made yet.")));
        Task<byte[]> Made()
        {
            lock (gate)
            {
                return document = document is { IsFaulted: true } or { IsCanceled: true } ? Task.Run(() => WriteAsync(app.Services)) : document;
            }
        }

        app.MapGet(DocumentPath, async () => TypedResults.Bytes(await Made(), MediaTypeNames.Application.Json)).AllowAnonymous();
        app.MapScalarApiReference("/docs", static page => page
            .WithTitle("Intotes.Chat API").PreserveSchemaPropertyOrder().HideClientButton().HideDeveloperTools()
            .DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp()).AllowAnonymous();
        return app;
    }

    private static async Task<byte[]> WriteAsync(IServiceProvider services)
    {
        var document = await services.GetRequiredKeyedService<IOpenApiDocumentProvider>(DocumentName).GetOpenApiDocumentAsync();
        using var json = new MemoryStream();
        await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1);
        return json.ToArray();
    }

    private static void Complete(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo { Title = "Intotes.Chat", Version = "1.0", Description = Conventions };
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Tags = new HashSet<OpenApiTag>
        {
            new() { Name = "Sessions", Description = "A visitor's conversation: opening it, calling an operator, ending it." },
            new() { Name = "Messages", Description = "What is said in it, for visitors and for the operator that holds it." },
            new() { Name = "Operators", Description = "The queue of calls, and the sessions of operators." },
            new() { Name = HealthDescriber.Tag, Description = "For those who run the service." },
        };
        document.AddComponent(ProblemDescriber.SchemaName, ProblemDescriber.Schema);
        foreach (var (name, scheme) in CredentialDescriber.Schemes)
        {
            document.AddComponent(name, scheme);
        }

        var described = document.Paths.Concat(HealthDescriber.Paths(document)).OrderBy(path => path.Key, StringComparer.Ordinal);
        document.Paths = [];
        foreach (var (path, item) in described.ToList())
        {
            document.Paths.Add(path, item);
        }
    }
}
