using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Hosting;

/// <summary>
/// Carries the session token of an anonymous visitor, from the header or else the cookie, into the principal. Whether it is good is
/// decided where it is stored, in the round trip that serves the request.
/// </summary>
public sealed class SessionTokenAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "SessionToken";
    public const string Header = "X-Chat-Session";

    /// <summary>The claim that holds the token as sent.</summary>
    public const string Claim = "session_token";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        if (SentToken(Request) is not { } token)
        {
            return AuthenticateResult.NoResult();
        }

        var visitor = new ClaimsPrincipal(new ClaimsIdentity([new Claim(Claim, token)], SchemeName));
        return AuthenticateResult.Success(new AuthenticationTicket(visitor, SchemeName));
    }

    /// <summary>The session token of a request, also of one that has another credential.</summary>
    public static string? SentToken(HttpRequest request) =>
        request.Headers[Header].ToString() is { Length: > 0 } header ? header : SessionCookie.Read(request);
}
