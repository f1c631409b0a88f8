using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Features.Operators;

public sealed class OperatorRolesTests(ChatNodes nodes)
{
    [Fact]
    public async Task Every_operator_call_is_refused_to_everyone_else()
    {
        var visitor = ChatClient.Anonymous(nodes);
        await visitor.OpenAsync();
        var customer = ChatClient.Account(nodes, ChatClient.NewId("user"));
        var clerk = ChatClient.Operator(nodes, role: "clerk");
        var shouting = ChatClient.Operator(nodes, role: "Operator");

        foreach (var (method, path) in OperatorCalls())
        {
            (await ChatClient.Anonymous(nodes).SendAsync(method, path, null)).ExpectProblem(401, "invalid_token");
            (await visitor.SendAsync(method, path, null)).ExpectProblem(401, "invalid_token");
            foreach (var other in new[] { customer, clerk, shouting })
            {
                (await other.SendAsync(method, path, null)).ExpectProblem(403, "forbidden");
            }
        }
    }

    [Fact]
    public async Task Operators_and_supervisors_are_let_in()
    {
        foreach (var role in (string[])["operator", "supervisor"])
        {
            var caller = ChatClient.Operator(nodes, role: role);
            (await caller.GetAsync("operator/calls")).Expect(HttpStatusCode.OK);
            (await caller.GetAsync("operator/sessions")).Expect(HttpStatusCode.OK);
            (await caller.GetAsync("operator/sessions/AAAAAAAAAAAAAAAAAAAAAA")).ExpectProblem(404, "session_not_found");
            (await caller.PostAsync("operator/sessions/AAAAAAAAAAAAAAAAAAAAAA/close")).ExpectProblem(403, "not_assigned");
            (await caller.PostAsync("operator/calls/claim", new { sessionId = "AAAAAAAAAAAAAAAAAAAAAA" })).ExpectProblem(404, "session_not_found");
        }
    }

    /// <summary>Every call under the operators' address, so that a new one is covered by being there.</summary>
    private List<(HttpMethod Method, string Path)> OperatorCalls()
    {
        var calls = nodes.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => (Path: endpoint.RoutePattern.RawText!.TrimStart('/'), endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods))
            .Where(endpoint => endpoint.Path.StartsWith("api/v1/operator/", StringComparison.Ordinal))
            .SelectMany(endpoint => endpoint.HttpMethods ?? [], (endpoint, method) => (new HttpMethod(method), "/" + endpoint.Path.Replace('{', 'x').Replace('}', 'x')))
            .ToList();
        Assert.True(calls.Count >= 5, "The operators' calls were not found.");
        return calls;
    }
}
