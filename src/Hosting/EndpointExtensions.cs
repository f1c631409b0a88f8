using System.Net.Mime;
using Microsoft.AspNetCore.Mvc;

namespace Intotes.Chat.Hosting;

/// <summary>The problems an endpoint may answer with, beyond those every endpoint may; the API description lists them.</summary>
public sealed record RefusalMetadata(IReadOnlyList<Problem> Problems);

public static class EndpointExtensions
{
    /// <summary>The endpoint takes a JSON body, if any.</summary>
    public static RouteHandlerBuilder AcceptsJson<T>(this RouteHandlerBuilder endpoint, bool isOptional = false)
        where T : notnull => endpoint.Accepts<T>(isOptional, MediaTypeNames.Application.Json);

    /// <summary>The endpoint may answer with these problems.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params Problem[] problems)
    {
        foreach (var status in problems.Select(p => p.Status).Distinct())
        {
            endpoint.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), [MediaTypeNames.Application.ProblemJson]));
        }

        return endpoint.WithMetadata(new RefusalMetadata(problems));
    }
}
