using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests;

/// <summary>Holds every answer that any test gets against the API description, so that the description cannot lie.</summary>
public static class ContractWatch
{
    private const string Base = "/api/v1/";
    private static readonly HttpClient Http = new();

    /// <summary>Read once: it is the same on every node.</summary>
    private static Task<JsonObject>? description;

    /// <summary>Asserts that the description lists this answer of this endpoint: its status, form and problem code.</summary>
    public static async Task CheckAsync(HttpResponseMessage response, string body)
    {
        var (method, url) = (response.RequestMessage!.Method, response.RequestMessage.RequestUri!);
        if (!url.AbsolutePath.StartsWith(Base, StringComparison.Ordinal) || method == HttpMethod.Options || method == HttpMethod.Head)
        {
            return;
        }

        var document = await (description ??= LoadAsync(new Uri(url, "/openapi/v1.json")));
        var mediaType = response.Content.Headers.ContentType?.MediaType;
        var content = body.Length > 0 && mediaType?.EndsWith("json", StringComparison.Ordinal) == true ? JsonNode.Parse(body) : null;
        var path = PathItem(document, url.AbsolutePath);
        var fault = path is null ? OutsideFault(response, content, HttpStatusCode.NotFound, "not_found")
            : path[method.Method.ToLowerInvariant()] is not { } operation
                ? OutsideFault(response, content, HttpStatusCode.MethodNotAllowed, "method_not_allowed")
            : Fault(document, operation["responses"]!, response.StatusCode, body.Length == 0 ? null : mediaType, content);
        Assert.True(fault is null, $"{method} {url.AbsolutePath} answered {(int)response.StatusCode}: {fault} {body}");
    }

    private static async Task<JsonObject> LoadAsync(Uri url) => JsonNode.Parse(await Http.GetStringAsync(url))!.AsObject();

    /// <summary>Addresses and methods outside the description give one problem only, unless the credential is bad anyway.</summary>
    private static string? OutsideFault(HttpResponseMessage response, JsonNode? content, HttpStatusCode status, string code) =>
        (response.StatusCode, (string?)content?["code"]) is var got && (got == (status, code) || got == (HttpStatusCode.Unauthorized, "invalid_token"))
            ? null
            : $"not described, so it should have been {(int)status} {code}.";

    private static string? Fault(JsonObject document, JsonNode responses, HttpStatusCode status, string? mediaType, JsonNode? content)
    {
        if (responses[((int)status).ToString(CultureInfo.InvariantCulture)] is not { } answer)
        {
            return "no such status is described.";
        }

        if (answer["content"] is not JsonObject forms)
        {
            return mediaType is null ? null : "no body is described.";
        }

        return mediaType is null || forms[mediaType] is not { } form ? $"no body as {mediaType} is described."
            : content is null || form["schema"] is not { } schema ? null
            : JsonShape.Fault(content, schema, document);
    }

    /// <summary>The most literal of the templates that fit.</summary>
    private static JsonNode? PathItem(JsonObject document, string path)
    {
        var segments = path.Split('/');
        return document["paths"]!.AsObject()
            .Select(item => (Template: item.Key.Split('/'), item.Value))
            .Where(item => item.Template.Length == segments.Length)
            .Where(item => item.Template.Zip(segments).All(pair => pair.First == pair.Second || pair.First is ['{', ..]))
            .OrderBy(item => item.Template.Count(segment => segment is ['{', ..]))
            .FirstOrDefault().Value;
    }
}
