using System.Text.Json;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests;

/// <summary>JSON against those words of JSON Schema that the API description uses.</summary>
public static class JsonShape
{
    /// <summary>Null where the value has the shape, else where and how it has not. Components list all of their fields: others are a fault.</summary>
    public static string? Fault(JsonNode? value, JsonNode schema, JsonObject document, string at = "$", bool isClosed = false)
    {
        if (Target(schema, document) is { } target)
        {
            return Fault(value, target, document, at, isClosed: true);
        }

        var kind = KindOf(value);
        var type = schema["type"] is JsonArray types ? types.Select(t => (string)t!).ToList() : schema["type"] is { } one ? [(string)one!] : null;
        if (type?.Contains(kind) == false && !(kind == "integer" && type.Contains("number")))
        {
            return $"{at} is {kind}, not {string.Join(" or ", type)}.";
        }

        if (schema["enum"] is JsonArray words && !words.Any(word => JsonNode.DeepEquals(word, value)))
        {
            return $"{at} is none of {words.ToJsonString()}.";
        }

        if (schema["oneOf"] is JsonArray choices && choices.Count(choice => Fault(value, choice!, document, at) is null) is not 1 and var fitting)
        {
            return $"{at} fits {fitting} of its choices, not one.";
        }

        var faults = (schema["allOf"] as JsonArray ?? []).Select(part => Fault(value, part!, document, at)).Concat(value switch
        {
            JsonObject fields => [FieldsFault(fields, schema, document, at, isClosed)],
            JsonArray items when schema["items"] is { } item => items.Select((i, index) => Fault(i, item, document, $"{at}[{index}]")),
            _ => [],
        });
        return faults.FirstOrDefault(fault => fault is not null);
    }

    /// <summary>What a reference points to; null where the schema is none.</summary>
    public static JsonNode? Target(JsonNode schema, JsonObject document)
    {
        if ((string?)schema["$ref"] is not { } reference)
        {
            return null;
        }

        return reference.Split('/').Skip(1).Aggregate((JsonNode?)document, (node, name) => node?[name])
            ?? throw new InvalidOperationException($"{reference} leads nowhere.");
    }

    private static string? FieldsFault(JsonObject fields, JsonNode schema, JsonObject document, string at, bool isClosed)
    {
        if (schema["required"] is JsonArray required && required.FirstOrDefault(name => !fields.ContainsKey((string)name!)) is { } missing)
        {
            return $"{at} has no {missing}.";
        }

        foreach (var (name, value) in fields)
        {
            var inner = schema["properties"]?[name] ?? schema["additionalProperties"];
            var fault = inner is JsonObject ? Fault(value, inner, document, $"{at}.{name}")
                : isClosed && schema["properties"] is not null ? $"{at}.{name} is not described."
                : null;
            if (fault is not null)
            {
                return fault;
            }
        }

        return null;
    }

    private static string KindOf(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => value.AsValue().TryGetValue<long>(out _) ? "integer" : "number",
        JsonValueKind.String => "string",
        JsonValueKind.Array => "array",
        _ => "object",
    };
}
