using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.IdentityModel.Tokens;

namespace Intotes.Chat.Hosting;

/// <summary>The policies of access. Every endpoint names one of them or permits anonymous callers; an endpoint that does neither refuses everybody.</summary>
public static class Access
{
    /// <summary>Anyone with a session token or a bearer token.</summary>
    public const string SessionMember = nameof(SessionMember);

    /// <summary>Operators and supervisors.</summary>
    public const string Operator = nameof(Operator);

    /// <summary>Visitors and accounts: everyone but operators, credentials or not.</summary>
    public const string Visitor = nameof(Visitor);

    /// <summary>Supervisors, and the trading platform by its key.</summary>
    public const string Eraser = nameof(Eraser);

    /// <summary>Supervisors.</summary>
    public const string Supervisor = nameof(Supervisor);

    /// <summary>The claim of this service's own that names a department an operator may serve, once for each; none where it may serve all.</summary>
    public const string DepartmentsClaim = "intotes:department";

    public const string OperatorRole = "operator";
    public const string SupervisorRole = "supervisor";
}

public static class AccessExtensions
{
    /// <summary>Bearer tokens where the header names them, else session tokens; deny by default.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        var jwt = configuration.GetSection("Jwt").Get<JwtSettings>() ?? new JwtSettings();
        if (jwt.Fault(!environment.IsDevelopment()) is { } fault)
        {
            throw new Storage.CannotStartException(fault);
        }

        services.AddOptions<ClientLimitOptions>().Bind(configuration.GetSection("Chat:Limits"))
            .Validate(o => o.IsValid, "Chat__Limits__SessionsPerMinutePerIp, __FailuresPerMinutePerIp and __MessagesPerMinutePerIp must be 0 to 100000; 0 switches one off.")
            .Validate(o => o.AreRequestsValid, "Chat__Limits__RequestsPerMinutePerIp must be 100 to 10000000, or 0 to switch it off.")
            .Validate(o => o.AreBytesValid, "Chat__Limits__BytesPerHourPerIp must be 100000 to 1000000000000, or 0 to switch it off.")
            .Validate(o => o.IsTotalValid, "Chat__Limits__AnonymousSessionsPerMinute must be 1 to 100000.").ValidateOnStart();
        services.AddSingleton<ClientLimits>().AddSingleton<SecurityEvents>().AddSingleton<AuditLog>().AddSingleton<RefusalWatch>();
        services.AddOptions<ReadLimitOptions>().Bind(configuration.GetSection("Chat:Limits"))
            .Validate(o => o.IsValid, "Chat__Limits__ReadersPerClient, __ReadersAtOnce and __ReadMegabytesPerMinute must be 0 to 100000; 0 switches one off.").ValidateOnStart();
        services.AddSingleton<ReadLimits>();
        services.AddAuthentication(SessionTokenAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, SessionTokenAuthentication>(
                SessionTokenAuthentication.SchemeName, o => o.ForwardDefaultSelector = static http => HasBearer(http.Request) ? JwtBearerDefaults.AuthenticationScheme : null)
            .AddScheme<AuthenticationSchemeOptions, PlatformKeyAuthentication>(PlatformKeyAuthentication.SchemeName, null)
            .AddBearer(jwt);

        services.AddAuthorizationBuilder()
            .AddPolicy(Access.SessionMember, p => p.RequireAuthenticatedUser())
            .AddPolicy(Access.Visitor, p => p.RequireAssertion(c => !c.User.IsInRole(Access.OperatorRole) && !c.User.IsInRole(Access.SupervisorRole)))
            .AddPolicy(Access.Eraser, p => p.AddAuthenticationSchemes(SessionTokenAuthentication.SchemeName, PlatformKeyAuthentication.SchemeName)
                .RequireAssertion(c => c.User.IsInRole(Access.SupervisorRole) || c.User.Identities.Any(i => i.AuthenticationType == PlatformKeyAuthentication.SchemeName)))
            .AddPolicy(Access.Supervisor, p => p.RequireRole(Access.SupervisorRole))
            .AddPolicy(Access.Operator, p => p.RequireRole(Access.OperatorRole, Access.SupervisorRole));
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, Refusals>();
        return services;
    }

    /// <summary>
    /// Bounds what all anonymous visitors of one client address ask of this node. Who sends a bearer token is no such visitor: accounts and operators have limits of their own, and
    /// a token that is bad counts as a failure.
    /// </summary>
    public static IApplicationBuilder UseClientLimits(this WebApplication app)
    {
        var limits = app.Services.GetRequiredService<ClientLimits>();
        return app.Use((http, next) => http.Request.Path.StartsWithSegments("/api/v1/chat") && (http.Request.Headers.Authorization.Count == 0 || !HasBearer(http.Request)) && limits.TakeRequest(http.Connection.RemoteIpAddress) is { } wait
            ? Problem.RateLimited.After(wait).ExecuteAsync(http)
            : next(http));
    }

    /// <summary>
    /// Authentication, then: a bearer token that is present but bad ends the request, even where the endpoint needs none; and an endpoint that
    /// does not say who may call it is not there (FastEndpoints maps one, <c>/_test_url_cache_</c>, which lists its endpoints by type).
    /// </summary>
    public static IApplicationBuilder UseAccess(this WebApplication app)
    {
        var operatorSide = OperatorSide.Address(app.Configuration);
        return app.UseAuthentication().Use((http, next) => HasBearer(http.Request) && http.User.Identity is not { IsAuthenticated: true } ? RefuseBearerAsync(http)
            : OperatorSide.IsMisplaced(http, operatorSide) ? (Problem.Forbidden with { SecurityEvent = "operator_address" }).ExecuteAsync(http)
            : http.GetEndpoint() is RouteEndpoint endpoint && !SaysWhoMayCall(endpoint) ? Problem.NotFound.ExecuteAsync(http)
            : next(http)).UseAuthorization();
    }

    private static bool SaysWhoMayCall(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    /// <summary>One that cannot be checked now may be good, and its client should not sign its user out.</summary>
    private static async Task RefuseBearerAsync(HttpContext http)
    {
        var checkedBefore = await http.AuthenticateAsync(JwtBearerDefaults.AuthenticationScheme);
        var problem = checkedBefore.Failure switch
        {
            IssuerAwayException => Problem.IdentityUnavailable,
            // All but the time was right: nobody guesses that.
            SecurityTokenExpiredException => Problem.InvalidToken with { MayBeGuess = false },
            _ => Problem.InvalidToken,
        };
        problem = problem with { SecurityEvent = problem == Problem.IdentityUnavailable ? null : TokenFaults.ReasonOf(checkedBefore.Failure) };
        await problem.ExecuteAsync(http);
    }

    /// <summary>Also where it hides behind another credential, in the same header or a second one: then it is not the one that is checked, and fails.</summary>
    private static bool HasBearer(HttpRequest request)
    {
        foreach (var header in request.Headers.Authorization)
        {
            if (header is not null && header.Split(',').Any(part => part.AsSpan().Trim().StartsWith("Bearer", StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Says no in the words of the contract.</summary>
    private sealed class Refusals : IAuthorizationMiddlewareResultHandler
    {
        public Task HandleAsync(RequestDelegate next, HttpContext http, AuthorizationPolicy policy, PolicyAuthorizationResult result)
        {
            if (result.Succeeded)
            {
                return next(http);
            }

            // Only where visitors may call does it help to open a session.
            var policies = http.GetEndpoint()!.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(needed => needed.Policy).ToList();
            var isWrongKey = policies.Contains(Access.Eraser) && http.Request.Headers.ContainsKey(PlatformKeyAuthentication.Header);
            var problem = isWrongKey ? Problem.InvalidToken with { SecurityEvent = "platform_key" }
                : HasBearer(http.Request) ? Problem.Forbidden
                : policies.Contains(Access.SessionMember) ? Problem.SessionNotFound
                : Problem.InvalidToken;
            return problem.ExecuteAsync(http);
        }
    }
}
