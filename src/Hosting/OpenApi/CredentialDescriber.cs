using FastEndpoints;
using Microsoft.OpenApi;

namespace Intotes.Chat.Hosting.OpenApi;

/// <summary>Credentials in the API description.</summary>
internal static class CredentialDescriber
{
    private const string Bearer = "bearer", SessionToken = "sessionToken", Cookie = "sessionCookie", PlatformKey = "platformKey";

    public static Dictionary<string, OpenApiSecurityScheme> Schemes => new()
    {
        [Bearer] = new()
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description = "From the platform, for accounts and operators: `sub` is the user id, the role claim `operator` or `supervisor` makes an operator.",
        },
        [SessionToken] = new()
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = SessionTokenAuthentication.Header,
            Description = "The token of an anonymous visitor, as `POST /api/v1/chat/session` gave it. The header wins over the cookie.",
        },
        [Cookie] = new()
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Cookie,
            Name = SessionCookie.LocalName,
            Description = $"The same token as a cookie that only browsers see; on HTTPS its name is `{SessionCookie.SecureName}`.",
        },
        [PlatformKey] = new()
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = PlatformKeyAuthentication.Header,
            Description = "The trading platform's key, which this service is configured with.",
        },
    };

    /// <summary>The credentials of which an endpoint takes one; an empty one among them where it also takes none.</summary>
    public static IList<OpenApiSecurityRequirement> Of(EndpointDefinition endpoint, OpenApiDocument document)
    {
        OpenApiSecurityRequirement Require(string scheme) => new() { [new OpenApiSecuritySchemeReference(scheme, document)] = [] };
        return endpoint switch
        {
            { AnonymousVerbs: not null } => [[], Require(Bearer), Require(SessionToken), Require(Cookie)],
            { PreBuiltUserPolicies: { } policies } when policies.Contains(Access.Operator) => [Require(Bearer)],
            { PreBuiltUserPolicies: { } policies } when policies.Contains(Access.Eraser) => [Require(Bearer), Require(PlatformKey)],
            _ => [Require(Bearer), Require(SessionToken), Require(Cookie)],
        };
    }
}
