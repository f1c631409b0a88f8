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

    /// <summary>The shared key before this one: good as well, while the platform changes over. Empty otherwise.</summary>
    public string FormerSigningKey { get; init; } = "";

    /// <summary>Required <c>iss</c>.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>Required <c>aud</c>.</summary>
    public string Audience { get; init; } = "";

    /// <summary>The claim that holds <c>operator</c> or <c>supervisor</c>.</summary>
    public string RoleClaim { get; init; } = "role";

    /// <summary>The claim that holds the departments an operator may serve. Empty where the platform does not say.</summary>
    public string DepartmentsClaim { get; init; } = "";

    /// <summary>How long (min) after its <c>iat</c> a token of an operator or supervisor is good at most; 0 for as long as it says itself.</summary>
    public int OperatorMaxAgeMinutes { get; init; }

    /// <summary>How much later a token ends and earlier it begins, because clocks differ.</summary>
    internal static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private const string DevelopmentKey = "intotes-development-signing-key-not-for-production";

    /// <summary>RFC 7518, section 3.2: a key for HS256 is at least as long as the hash.</summary>
    private const int LeastKeyBytes = 32;

    /// <summary>Random keys have more, even in hexadecimal digits (13 to 16); repetitions have fewer.</summary>
    private const int LeastKeyBits = 128;

    /// <summary>Null, or the sentence that says what must be set.</summary>
    public string? Fault(bool isForReal) => this switch
    {
        { Authority: "", SigningKey: "" } => "Jwt__Authority (the OIDC issuer) or Jwt__SigningKey (at least 32 bytes) must be set.",
        { Authority: not "", SigningKey: not "" } => "Jwt__Authority and Jwt__SigningKey exclude each other: set one.",
        { Authority: not "", FormerSigningKey: not "" } => "Jwt__FormerSigningKey goes with Jwt__SigningKey, not with Jwt__Authority.",
        { Authority: not "" } when !Uri.TryCreate(Authority, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttps =>
            "Jwt__Authority must be an https URL.",
        { Issuer: "" } => "Jwt__Issuer must be set.",
        { Audience: "" } => "Jwt__Audience must be set.",
        { OperatorMaxAgeMinutes: < 0 or > 525_600 } => "Jwt__OperatorMaxAgeMinutes must be 0 to 525600; 0 switches it off.",
        { RoleClaim: "" } => "Jwt__RoleClaim must not be empty.",
        _ => KeyFault("Jwt__SigningKey", SigningKey, isForReal) ?? KeyFault("Jwt__FormerSigningKey", FormerSigningKey, isForReal),
    };

    /// <summary>Asymmetric algorithms for published keys, HS256 for a shared one; never both, so that no public key can pass as a secret.</summary>
    public TokenValidationParameters Parameters() => new()
    {
        ValidIssuer = Issuer,
        ValidAudience = Audience,
        ValidAlgorithms = Authority.Length > 0
            ? [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.EcdsaSha256]
            : [SecurityAlgorithms.HmacSha256],
        IssuerSigningKeys = [.. ((string[])[SigningKey, FormerSigningKey]).Where(key => key.Length > 0).Select(AsKey)],
        TypeValidator = static (type, _, _) => IsAccessToken(type) ? type : throw new SecurityTokenInvalidTypeException("The token is of another kind (typ)."),
        IgnoreTrailingSlashWhenValidatingAudience = false,
        RequireExpirationTime = true,
        RequireSignedTokens = true,
        ClockSkew = Skew,
        NameClaimType = "name",
        RoleClaimType = RoleClaim,
    };

    /// <summary>
    /// A media type (RFC 7515, section 4.1.9): none, that of JWTs, or that of access tokens (RFC 9068). What the issuer signs for another use, such as a
    /// logout token, says so and is not taken for one (RFC 8725, section 3.11).
    /// </summary>
    private static bool IsAccessToken(string? type) => type?.ToUpperInvariant() is null or "" or "JWT" or "AT+JWT" or "APPLICATION/JWT" or "APPLICATION/AT+JWT";

    private static SymmetricSecurityKey AsKey(string text) => new(Encoding.UTF8.GetBytes(text));

    private static string? KeyFault(string setting, string key, bool isForReal) => key switch
    {
        "" => null,
        _ when Encoding.UTF8.GetByteCount(key) < LeastKeyBytes => $"{setting} must have at least {LeastKeyBytes} bytes.",
        DevelopmentKey when isForReal => $"{setting} must not be the development key outside Development.",
        _ when isForReal && Secrets.Bits(key) < LeastKeyBits => $"{setting} must be random outside Development: this one is too regular.",
        _ => null,
    };
}
