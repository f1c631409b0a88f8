using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FastEndpoints;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>The API description against the endpoints that there are. That their answers are as described is for <see cref="ContractWatch"/>.</summary>
public sealed class OpenApiTests(ChatNodes nodes)
{
    private const string Bearer = "bearer", SessionToken = "sessionToken", Cookie = "sessionCookie", PlatformKey = "platformKey";

    [Fact]
    public async Task Describes_every_endpoint_and_no_other()
    {
        var document = await DocumentAsync();
        var described = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject(), (path, operation) => $"{operation.Key.ToUpperInvariant()} {path.Key}");

        string[] expected = [.. Endpoints().Select(e => $"{e.Method} {e.Path}"), "GET /health/live", "GET /health/ready", "GET /health/startup"];

        Assert.Equal(expected.Order(), described.Order());
    }

    [Fact]
    public async Task Links_to_the_health_of_the_node()
    {
        var description = (string)(await DocumentAsync())["info"]!["description"]!;
        var links = Regex.Matches(description, @"\]\((/[^)]*)\)").Select(link => link.Groups[1].Value).ToList();

        Assert.Equal(["/health/live", "/health/ready", "/health/startup"], links);
        using var http = new HttpClient { BaseAddress = nodes.NextAddress() };
        foreach (var link in links)
        {
            using var answer = await http.GetAsync(new Uri(link, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Is_valid_OpenApi()
    {
        using var json = new MemoryStream(Encoding.UTF8.GetBytes((await DocumentAsync()).ToJsonString()));

        var result = await OpenApiDocument.LoadAsync(json, "json", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, result.Diagnostic!.SpecificationVersion);
        Assert.Empty(result.Diagnostic.Errors);
        Assert.Empty(result.Diagnostic.Warnings);
    }

    [Fact]
    public async Task Every_reference_leads_somewhere_and_every_schema_is_used()
    {
        var document = await DocumentAsync();

        var used = References(document).Distinct().Order().ToList();

        Assert.All(used, reference => Assert.NotNull(JsonShape.Target(new JsonObject { ["$ref"] = reference }, document)));
        Assert.Equal(document["components"]!["schemas"]!.AsObject().Select(schema => $"#/components/schemas/{schema.Key}").Order(), used);
    }

    [Fact]
    public async Task Every_endpoint_has_an_id_a_title_a_known_tag_and_a_success()
    {
        var document = await DocumentAsync();
        var tags = document["tags"]!.AsArray().Select(tag => (string)tag!["name"]!).ToHashSet();
        var operations = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject(), (_, operation) => operation.Value!).ToList();

        Assert.Distinct(operations.Select(operation => (string?)operation["operationId"]));
        Assert.All(operations, operation =>
        {
            Assert.NotEmpty((string?)operation["summary"] ?? "");
            Assert.Contains((string)Assert.Single(operation["tags"]!.AsArray())!, tags);
            Assert.Contains(operation["responses"]!.AsObject(), answer => answer.Key[0] == '2');
        });
    }

    [Fact]
    public async Task Every_endpoint_lists_the_problems_that_it_and_all_may_give()
    {
        var document = await DocumentAsync();

        Assert.All(Endpoints(), endpoint =>
        {
            var operation = Operation(document, endpoint);
            var takesBody = operation["requestBody"] is not null;
            var takesQuery = operation["parameters"] is JsonArray parameters && parameters.Any(p => (string?)p!["in"] == "query");
            Problem[] expected =
            [
                Problem.InvalidToken,
                Problem.Forbidden,
                Problem.RateLimited,
                Problem.StorageUnavailable,
                Problem.IdentityUnavailable,
                .. takesBody ? [Problem.PayloadTooLarge] : Array.Empty<Problem>(),
                .. endpoint.Method == "GET" ? [] : (Problem[])[Problem.UnsupportedMediaType],
                .. takesBody || takesQuery ? [Problem.InvalidRequest] : Array.Empty<Problem>(),
                .. endpoint.Metadata.GetOrderedMetadata<RefusalMetadata>().SelectMany(r => r.Problems),
            ];

            Assert.Equal(expected.Select(p => $"{p.Status} {p.Code}").Distinct().Order(), CodesOf(operation).Order());
            Assert.All(["429", "503"], status => Assert.NotNull(operation["responses"]![status]!["headers"]!["Retry-After"]));
        });
    }

    [Fact]
    public async Task Every_query_and_path_parameter_is_described_and_no_body_holds_them()
    {
        var document = await DocumentAsync();

        Assert.All(Endpoints(), endpoint =>
        {
            var operation = Operation(document, endpoint);
            var request = endpoint.Metadata.GetMetadata<EndpointDefinition>()!.ReqDtoType;
            var query = request.GetProperties()
                .Where(p => p.IsDefined(typeof(QueryParamAttribute)))
                .Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name)).ToList();
            var parameters = (operation["parameters"] as JsonArray ?? []).ToList();

            Assert.Equal(query.Order(), NamesIn("query", parameters).Order());
            Assert.Equal(endpoint.PathParameters.Order(), NamesIn("path", parameters).Order());
            Assert.All(parameters, p => Assert.NotNull(p!["schema"]!["type"] ?? p["schema"]!["$ref"]));
            Assert.All(parameters.Where(p => (string?)p!["in"] == "query"), p => Assert.NotEmpty((string?)p!["description"] ?? ""));
            var body = operation["requestBody"]?["content"]!["application/json"]!["schema"];
            Assert.Empty(query.Intersect(body is null ? [] : JsonShape.Target(body, document)!["properties"]!.AsObject().Select(p => p.Key)));
        });
    }

    [Fact]
    public async Task Bounds_are_those_of_the_rules()
    {
        var document = await DocumentAsync();

        var poll = document["paths"]!["/api/v1/chat/poll"]!["get"]!["parameters"]!.AsArray().ToDictionary(p => (string)p!["name"]!, p => p!["schema"]!);
        Assert.Equal((1, 25, "integer"), ((int)poll["wait"]["minimum"]!, (int)poll["wait"]["maximum"]!, (string)poll["wait"]["type"]!));
        Assert.Equal((1, 500, "integer"), ((int)poll["limit"]["minimum"]!, (int)poll["limit"]["maximum"]!, (string)poll["limit"]["type"]!));

        var message = document["components"]!["schemas"]!["PostMessageRequest"]!;
        Assert.Equal(["text"], message["required"]!.AsArray().Select(name => (string)name!));
        Assert.Equal("^[A-Za-z0-9._-]{1,64}$", (string?)message["properties"]!["clientMessageId"]!["pattern"]);
        Assert.True((bool)document["paths"]!["/api/v1/chat/message"]!["post"]!["requestBody"]!["required"]!);
        Assert.Null(document["paths"]!["/api/v1/chat/session"]!["post"]!["requestBody"]!["required"]);
    }

    [Fact]
    public async Task Every_field_of_an_answer_is_always_there()
    {
        var document = await DocumentAsync();
        var answers = document["components"]!["schemas"]!.AsObject()
            .Where(s => s.Key != "Problem" && !s.Key.EndsWith("Request", StringComparison.Ordinal) && s.Value!["properties"] is not null);

        Assert.All(answers, schema => Assert.Equal(
            schema.Value!["properties"]!.AsObject().Select(p => p.Key).Order(),
            (schema.Value["required"] as JsonArray ?? []).Select(name => (string)name!).Order()));
    }

    [Fact]
    public async Task Every_endpoint_names_the_credentials_it_takes()
    {
        var document = await DocumentAsync();
        var schemes = document["components"]!["securitySchemes"]!;
        Assert.Equal(("http", "bearer"), ((string)schemes[Bearer]!["type"]!, (string)schemes[Bearer]!["scheme"]!));
        Assert.Equal(("header", "X-Chat-Session"), ((string)schemes[SessionToken]!["in"]!, (string)schemes[SessionToken]!["name"]!));
        Assert.Equal(("cookie", "chat_session"), ((string)schemes[Cookie]!["in"]!, (string)schemes[Cookie]!["name"]!));

        Assert.All(Endpoints(), endpoint =>
        {
            var isAnonymous = endpoint.Metadata.GetMetadata<EndpointDefinition>()!.AnonymousVerbs is not null;
            string[] expected = endpoint.Path.StartsWith("/api/v1/operator/", StringComparison.Ordinal) ? [Bearer]
                : endpoint.Path.StartsWith("/api/v1/accounts/", StringComparison.Ordinal) ? [Bearer, PlatformKey]
                : isAnonymous ? ["", Bearer, SessionToken, Cookie]
                : [Bearer, SessionToken, Cookie];
            var choices = Operation(document, endpoint)["security"]!.AsArray();
            Assert.Equal(expected, choices.Select(choice => string.Join('+', choice!.AsObject().Select(scheme => scheme.Key))));
        });
    }

    [Fact]
    public async Task The_page_for_people_loads_nothing_from_elsewhere()
    {
        using var http = new HttpClient();
        var page = new Uri(nodes.NextAddress(), "/docs/");

        using var response = await http.GetAsync(page, TestContext.Current.CancellationToken);
        var html = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("//", html, StringComparison.Ordinal);
        Assert.Contains("openapi/v1.json", html, StringComparison.Ordinal);
        using var script = await http.GetAsync(new Uri(page, "scalar.js"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, script.StatusCode);
    }

    private async Task<JsonObject> DocumentAsync() =>
        (await ChatClient.Anonymous(nodes).GetAsync("/openapi/v1.json")).Expect(HttpStatusCode.OK).Body!.AsObject();

    private sealed record Described(string Method, string Path, IEnumerable<string> PathParameters, EndpointMetadataCollection Metadata);

    /// <summary>What routing would serve under the base path.</summary>
    private List<Described> Endpoints() =>
    [
        .. from endpoint in nodes.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
           let path = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
           where path.StartsWith("/api/", StringComparison.Ordinal)
           from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods
           select new Described(method, path, endpoint.RoutePattern.Parameters.Select(p => p.Name), endpoint.Metadata),
    ];

    private static JsonNode Operation(JsonObject document, Described endpoint) =>
        document["paths"]![endpoint.Path]!.AsObject().Single(operation => operation.Key.Equals(endpoint.Method, StringComparison.OrdinalIgnoreCase)).Value!;

    private static IEnumerable<string> CodesOf(JsonNode operation) =>
        from answer in operation["responses"]!.AsObject()
        where answer.Key[0] != '2'
        from part in answer.Value!["content"]!["application/problem+json"]!["schema"]!["allOf"]!.AsArray()
        from code in part!["properties"]?["code"]!["enum"]!.AsArray() ?? []
        select $"{answer.Key} {code}";

    private static IEnumerable<string> NamesIn(string place, IEnumerable<JsonNode?> parameters) =>
        parameters.Where(p => (string?)p!["in"] == place).Select(p => (string)p!["name"]!);

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject fields => fields.SelectMany(field => field.Key == "$ref" ? [(string)field.Value!] : References(field.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };
}
