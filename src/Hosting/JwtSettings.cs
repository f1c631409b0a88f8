using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace Intotes.Chat.Hosting;

/// <summary>How the platform's bearer tokens are checked (RFC 7519, RFC 8725); section <c>Jwt</c>.</summary>
public sealed class JwtSettings
{
    /// <summary>OIDC issuer whose published keys sign the tokens. This, or <see cref="SigningKey"/>.</summary>
    public string Authority { get; init; } = "";

    /// <summary>Shared key for HS256, at least 32 bytes in UTF-8.</summary>
    public string SigningKey { get; init; } = "";

    /// <summary>Required <c>iss</c>.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>Required <c>aud</c>.</summary>
    public string Audience { get; init; } = "";

    /// <summary>The claim that holds <c>operator</c> or <c>supervisor</c>.</summary>
    public string RoleClaim { get; init; } = "role";

    private const string DevelopmentKey = "intotes-development-signing-key-not-for-production";

    /// <summary>Null, or the sentence that says what must be set.</summary>
    public string? Fault(bool isProduction) => this switch
    {
        { Authority: "", SigningKey: "" } => "Jwt__Authority (the OIDC issuer) or Jwt__SigningKey (at least 32 bytes) must be set.",
        { Authority: not "", SigningKey: not "" } => "Jwt__Authority and Jwt__SigningKey exclude each other: set one.",
        { Authority: "" } when Encoding.UTF8.GetByteCount(SigningKey) < 32 => "Jwt__SigningKey must have at least 32 bytes.",
        { SigningKey: DevelopmentKey } when isProduction => "Jwt__SigningKey must not be the development key in Production.",
        { Authority: not "" } when !Uri.TryCreate(Authority, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttps =>
            "Jwt__Authority must be an https URL.",
        { Issuer: "" } => "Jwt__Issuer must be set.",
        { Audience: "" } => "Jwt__Audience must be set.",
        { RoleClaim: "" } => "Jwt__RoleClaim must not be empty.",
        _ => null,
    };

    /// <summary>Asymmetric algorithms for published keys, HS256 for a shared one; never both, so that no public key can pass as a secret.</summary>
    public TokenValidationParameters Parameters() => new()
    {
        ValidIssuer = Issuer,
        ValidAudience = Audience,
        ValidAlgorithms = Authority.Length > 0
            ? [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.EcdsaSha256]
            : [SecurityAlgorithms.HmacSha256],
        IssuerSigningKey = SigningKey.Length > 0 ? new SymmetricSecurityKey(Encoding.UTF8.GetBytes(SigningKey)) : null,
        RequireExpirationTime = true,
        RequireSignedTokens = true,
        ClockSkew = TimeSpan.FromSeconds(30),
        NameClaimType = "name",
        RoleClaimType = RoleClaim,
    };
}
