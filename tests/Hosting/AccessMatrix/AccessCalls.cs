using System.Net.Http.Json;
using FastEndpoints;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Hosting.AccessMatrix;

/// <summary>What routing serves: a method (ANY where it does not matter) and a route.</summary>
public sealed record AccessEndpoint(string Method, string Route, RouteEndpoint Endpoint)
{
    public string Name => $"{Method} {Route}";

    /// <summary>Whether a request names a session, in the route, the query or the body.</summary>
    public bool NamesSession =>
        Route.Contains("{sessionId}", StringComparison.Ordinal)
        || Endpoint.Metadata.GetMetadata<EndpointDefinition>()?.ReqDtoType.GetProperty("SessionId") is not null;
}

/// <summary>The endpoints of the running application, and for each a request that nothing but access can refuse.</summary>
public static class AccessCalls
{
    public static IReadOnlyList<AccessEndpoint> EndpointsOf(IServiceProvider services) =>
    [
        .. from endpoint in services.GetRequiredService<EndpointDataSource>().Endpoints.Cast<RouteEndpoint>()
           from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["ANY"]
           select new AccessEndpoint(method, "/" + endpoint.RoutePattern.RawText!.TrimStart('/'), endpoint),
    ];

    /// <summary>Calls an endpoint about a session.</summary>
    public static Task<Answer> SendAsync(AccessCaller caller, string endpoint, AccessScene scene, string sessionId)
    {
        var (method, route) = (endpoint.Split(' ')[0], endpoint.Split(' ')[1]);
        var path = route.Replace("{sessionId}", sessionId, StringComparison.Ordinal).Replace("{shortcut}", AccessScene.Shortcut, StringComparison.Ordinal)
            .Replace("/{documentName?}", "/", StringComparison.Ordinal);
        var query = endpoint is "GET /api/v1/chat/history" or "GET /api/v1/chat/poll" ? "?sessionId=" + sessionId
            : endpoint is "GET /api/v1/chat/events" ? "?wait=1&sessionId=" + sessionId : "";
        var body = Body(endpoint, scene, sessionId);
        return caller.Client.SendAsync(
            method == "ANY" ? HttpMethod.Get : new HttpMethod(method), path + query, body is null ? null : JsonContent.Create(body), caller.Change);
    }

    private static object? Body(string endpoint, AccessScene scene, string sessionId) => endpoint switch
    {
        "POST /api/v1/chat/message" => new { text = "Hello?", sessionId },
        "POST /api/v1/chat/typing" => new { typing = true, sessionId },
        "POST /api/v1/chat/read" => new { upTo = "0-0", sessionId },
        "POST /api/v1/chat/session/rating" => new { score = 5 },
        "POST /api/v1/chat/session/page" => new { pageUrl = "https://www.example.com/orders" },
        "POST /api/v1/accounts/erase" => new { userId = scene.UserId },
        "PUT /api/v1/operator/presence" => new { status = "online" },
        "POST /api/v1/operator/calls/claim" => new { sessionId },
        "POST /api/v1/operator/sessions/{sessionId}/notes" => new { text = "A note" },
        "POST /api/v1/operator/sessions/{sessionId}/transfer" => new { department = "billing" },
        "POST /api/v1/operator/sessions/{sessionId}/block" => new { minutes = 1 },
        "PUT /api/v1/operator/anonymous" => new { state = "open" },
        "POST /api/v1/operator/canned-replies" => new { shortcut = "farewell", text = "Good bye" },
        "PUT /api/v1/operator/canned-replies/{shortcut}" => new { text = "Good morning" },
        _ => null,
    };
}
