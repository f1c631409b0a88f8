using System.Globalization;
using System.Net.Mime;
using Microsoft.OpenApi;

namespace Intotes.Chat.Hosting.OpenApi;

/// <summary>Problems as answers in the API description.</summary>
internal static class ProblemDescriber
{
    public const string SchemaName = "Problem";

    /// <summary>The schema of <see cref="Problem.Describe"/>.</summary>
    public static OpenApiSchema Schema => new()
    {
        Type = JsonSchemaType.Object,
        Description = "An error (RFC 9457).",
        Required = new HashSet<string> { "type", "title", "status", "detail", "code", "traceId" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = Text("Always `about:blank`: the code tells problems apart."),
            ["title"] = Text("The problem in one sentence, for people."),
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The HTTP status." },
            ["detail"] = Text("This occurrence of it, for people."),
            ["code"] = Text("The stable word for programs."),
            ["traceId"] = Text("Names this request in the service's traces; worth quoting to its operators."),
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "What is wrong, by field; only where fields are at fault.",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } },
            },
        },
    };

    /// <summary>One answer for each status, whose schema names the codes it may carry.</summary>
    public static IEnumerable<(string Status, OpenApiResponse Answer)> Answers(IEnumerable<Problem> problems, OpenApiDocument document) => problems
        .DistinctBy(p => (p.Status, p.Code))
        .GroupBy(p => p.Status)
        .OrderBy(status => status.Key)
        .Select(status => (status.Key.ToString(CultureInfo.InvariantCulture), new OpenApiResponse
        {
            Description = string.Join('\n', status.Select(p => $"`{p.Code}`: {p.Title}")),
            Headers = status.Key is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable
                ? Header("Retry-After", JsonSchemaType.Integer, "Seconds after which to try again.")
                : null,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                [MediaTypeNames.Application.ProblemJson] = new OpenApiMediaType { Schema = Of(status.Select(p => p.Code), document) },
            },
        }));

    public static Dictionary<string, IOpenApiHeader> Header(string name, JsonSchemaType type, string description) =>
        new() { [name] = new OpenApiHeader { Description = description, Schema = new OpenApiSchema { Type = type } } };

    private static OpenApiSchema Of(IEnumerable<string> codes, OpenApiDocument document) => new()
    {
        AllOf =
        [
            new OpenApiSchemaReference(SchemaName, document),
            new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Properties = new Dictionary<string, IOpenApiSchema> { ["code"] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. codes] } },
            },
        ],
    };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };
}
