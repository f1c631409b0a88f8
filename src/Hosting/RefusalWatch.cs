using Microsoft.AspNetCore.Http.Metadata;

namespace Intotes.Chat.Hosting;

/// <summary>Sees every problem that is answered, and tells of those that are a refusal: as a security event, and where the caller is known in the audit stream.</summary>
public sealed class RefusalWatch(SecurityEvents security, AuditLog audit)
{
    public void Note(HttpContext http, Problem problem)
    {
        var isOperator = http.User.IsInRole(Access.OperatorRole) || http.User.IsInRole(Access.SupervisorRole);
        // An operator's unknown and foreign sessions answer alike, so an id that is guessed looks like this.
        var reason = problem.Code == Problem.SessionNotFound.Code && isOperator ? "foreign_session" : problem.SecurityEvent;
        if (reason is null)
        {
            return;
        }

        security.Note(reason);
        var isKnown = isOperator || (problem.Code == Problem.Forbidden.Code && http.User.FindFirst("sub") is not null);
        if (isKnown && problem.Status is StatusCodes.Status403Forbidden or StatusCodes.Status404NotFound && http.User.Identity is { IsAuthenticated: true })
        {
            var route = http.GetEndpoint()?.Metadata.GetMetadata<IRouteDiagnosticsMetadata>()?.Route;
            audit.Refused(http.User, $"{http.Request.Method} {route}", SessionOf(http), problem.Code);
        }
    }

    private static string? SessionOf(HttpContext http) =>
        http.Request.RouteValues.GetValueOrDefault("sessionId") as string ?? (http.Request.Query["sessionId"].ToString() is { Length: > 0 } named ? named : null);
}
