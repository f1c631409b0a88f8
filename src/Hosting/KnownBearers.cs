using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Hosting;

/// <summary>Cached principals of bearer tokens that were checked before, so that neither a signature nor the issuer's keys have to be waited for.</summary>
public sealed class KnownBearers(CheckedTokens tokens, IOptionsMonitor<JwtBearerOptions> options, IEnumerable<IssuerKeys> issuer)
{
    private readonly IssuerKeys? issuer = issuer.LastOrDefault();
    private readonly JwtBearerOptions bearer = options.Get(JwtBearerDefaults.AuthenticationScheme);

    /// <summary>Null where the token has to be checked, or there is none.</summary>
    public ClaimsPrincipal? Find(HttpRequest request) =>
        BearerExtensions.Sent(request) is { } token && tokens.Find(token) is var (principal, key)
        && (issuer is null ? bearer.TokenValidationParameters.IssuerSigningKeys : issuer.Fresh).Contains(key) ? principal : null;
}
