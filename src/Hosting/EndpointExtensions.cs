using System.Net.Mime;
using Intotes.Chat.Hosting.OpenApi;
using Microsoft.OpenApi;

namespace Intotes.Chat.Hosting;

/// <summary>The problems an endpoint may answer with, beyond those every endpoint may; the API description lists them.</summary>
public sealed record RefusalMetadata(IReadOnlyList<Problem> Problems);

public static class EndpointExtensions
{
    /// <summary>The endpoint takes a JSON body, if any.</summary>
    public static RouteHandlerBuilder AcceptsJson<T>(this RouteHandlerBuilder endpoint, bool isOptional = false)
        where T : notnull => endpoint.Accepts<T>(isOptional, MediaTypeNames.Application.Json);

    /// <summary>The endpoint may answer with these problems.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params Problem[] problems) =>
        endpoint.WithMetadata(new RefusalMetadata(problems));

    /// <summary>The endpoint sets the visitor's cookie, or takes it back.</summary>
    public static RouteHandlerBuilder SetsSessionCookie(this RouteHandlerBuilder endpoint) =>
        endpoint.AddOpenApiOperationTransformer(static (operation, _, _) =>
        {
            foreach (var answer in operation.Responses!.Where(r => r.Key[0] == '2').Select(r => r.Value).OfType<OpenApiResponse>())
            {
                answer.Headers = ProblemDescriber.Header("Set-Cookie", JsonSchemaType.String, "The token of an anonymous visitor, out of reach of scripts.");
            }

            return Task.CompletedTask;
        });
}
