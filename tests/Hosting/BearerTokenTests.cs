using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Hosting;

public sealed class BearerTokenTests(ChatNodes nodes)
{
    public static TheoryData<string> Faults =>
    [
        "signed with another key", "claims changed after signing", "alg none", "alg none, signed all the same", "HS384 with the right key", "HS512 with the right key", "another issuer",
        "no issuer", "another audience", "no audience", "expired", "no expiry", "not yet valid", "no subject", "empty subject", "scheme alone", "scheme and a space", "garbage",
        "three parts of garbage", "lower case and garbage", "two tokens",
    ];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_bad_one_is_refused_on_every_route_whatever_else_comes_along(string fault)
    {
        var header = Token().Spoilt(fault);
        var visitor = ChatClient.Anonymous(nodes);
        var session = (string?)(await visitor.OpenAsync())["sessionId"];
        var nobody = ChatClient.Anonymous(nodes);

        foreach (var (method, path) in Calls())
        {
            foreach (var caller in new[] { nobody, visitor })
            {
                var refused = await caller.SendAsync(method, path, null, request => request.Headers.TryAddWithoutValidation("Authorization", header));
                refused.ExpectProblem(401, "invalid_token");
                Assert.Empty(refused.Headers["Set-Cookie"]);
            }
        }

        var history = (await visitor.GetAsync("chat/history")).Expect(HttpStatusCode.OK);
        Assert.Equal((session, "open", 0), ((string?)history["sessionId"], (string?)history["status"], history["messages"]!.AsArray().Count));
    }

    [Fact]
    public async Task The_same_one_without_a_fault_is_taken()
    {
        var opened = await ChatClient.Anonymous(nodes).SendAsync(
            HttpMethod.Post, "chat/session", null, request => request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Token().WithSignature()));

        Assert.Equal("account", (string?)opened.Expect(HttpStatusCode.Created)["visitor"]!["kind"]);
    }

    [Theory]
    [InlineData("nbf", 15)]
    [InlineData("exp", -15)]
    public async Task Clocks_may_differ_by_some_seconds(string claim, int seconds)
    {
        var token = Token();
        token.Claims[claim] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + seconds;

        var opened = await ChatClient.Anonymous(nodes).SendAsync(
            HttpMethod.Post, "chat/session", null, request => request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token.WithSignature()));

        Assert.Equal("account", (string?)opened.Expect(HttpStatusCode.Created)["visitor"]!["kind"]);
    }

    [Fact]
    public async Task Another_scheme_is_no_bearer_token()
    {
        var visitor = ChatClient.Anonymous(nodes);
        var session = (string?)(await visitor.OpenAsync())["sessionId"];

        var history = await visitor.SendAsync(HttpMethod.Get, "chat/history", null, request => request.Headers.TryAddWithoutValidation("Authorization", "Basic YTpi"));

        Assert.Equal(session, (string?)history.Expect(HttpStatusCode.OK)["sessionId"]);
    }

    private HandmadeJwt Token() => new(nodes.Services.GetRequiredService<IConfiguration>()["Jwt:SigningKey"]!, ChatClient.NewId("user"));

    /// <summary>Every call of the API, so that a new one is covered by being there, and one that does not exist.</summary>
    private List<(HttpMethod Method, string Path)> Calls()
    {
        var calls = nodes.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => (Path: endpoint.RoutePattern.RawText!.TrimStart('/'), endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods))
            .Where(endpoint => endpoint.Path.StartsWith("api/", StringComparison.Ordinal))
            .SelectMany(endpoint => endpoint.HttpMethods ?? [], (endpoint, method) => (new HttpMethod(method), "/" + endpoint.Path.Replace('{', 'x').Replace('}', 'x')))
            .ToList();
        Assert.True(calls.Count >= 11, "The calls of the API were not found.");
        return [.. calls, (HttpMethod.Get, "nothing")];
    }
}
