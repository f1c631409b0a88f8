using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Intotes.Chat.Hosting.OpenApi;

/// <summary>Schemas as <see cref="Json"/> writes them, each under a name of its own.</summary>
internal sealed class SchemaDescriber : IOpenApiSchemaTransformer
{
    /// <summary>
    /// Requests and answers are nested in their endpoints: <c>PostMessage.Request</c> is <c>PostMessageRequest</c>. Foreign JSON has no schema to name.
    /// </summary>
    public static string? NameOf(JsonTypeInfo info)
    {
        var type = Nullable.GetUnderlyingType(info.Type) ?? info.Type;
        return type != typeof(JsonElement) && OpenApiOptions.CreateDefaultSchemaReferenceId(info) is { } name ? type.DeclaringType?.Name + name : null;
    }

    /// <summary>Converters hide from the generator that times and enums are strings. Where an enum may be null, its place says so, not its schema.</summary>
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        if (type == typeof(DateTimeOffset))
        {
            schema.Type = JsonSchemaType.String;
        }
        else if (type == typeof(DateTimeOffset?))
        {
            schema.Type = JsonSchemaType.String | JsonSchemaType.Null;
        }
        else if ((Nullable.GetUnderlyingType(type) ?? type).IsEnum)
        {
            schema.Type = JsonSchemaType.String;
            schema.Enum = [.. schema.Enum!.Where(value => value?.GetValueKind() == JsonValueKind.String)];
        }

        return Task.CompletedTask;
    }
}
