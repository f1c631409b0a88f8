using System.Net.Mime;
using Microsoft.OpenApi;

namespace Intotes.Chat.Hosting.OpenApi;

/// <summary>Health checks in the API description; the generator does not see them.</summary>
internal static class HealthDescriber
{
    public const string Tag = "Operations";

    public static IEnumerable<KeyValuePair<string, IOpenApiPathItem>> Paths(OpenApiDocument document) =>
    [
        new(HealthExtensions.LivePath, Check(document, "GetLiveness", "Whether the process runs", ("200", "Healthy"))),
        new(HealthExtensions.ReadyPath, Check(
            document, "GetReadiness", "Whether the service can serve: Redis answers, and the service is not about to stop", ("200", "Healthy"), ("503", "Unhealthy"))),
        new(HealthExtensions.StartupPath, Check(
            document, "GetStartup", "Whether the service has started: Redis has let it in once", ("200", "Healthy"), ("503", "Unhealthy"))),
    ];

    private static OpenApiPathItem Check(OpenApiDocument document, string id, string summary, params ReadOnlySpan<(string Status, string Word)> answers)
    {
        var operation = new OpenApiOperation
        {
            OperationId = id,
            Summary = summary,
            Tags = new HashSet<OpenApiTagReference> { new(Tag, document) },
            Security = [],
            Responses = [],
        };
        foreach (var (status, word) in answers)
        {
            var schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [word] };
            operation.Responses.Add(status, new OpenApiResponse
            {
                Description = word,
                Content = new Dictionary<string, OpenApiMediaType> { [MediaTypeNames.Text.Plain] = new() { Schema = schema } },
            });
        }

        var path = new OpenApiPathItem();
        path.AddOperation(HttpMethod.Get, operation);
        return path;
    }
}
