using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace DemoPlatform;

/// <summary>Signs people in: a JWT that the chat service accepts, because both know the same key, issuer and audience.</summary>
public sealed class Tokens(DemoSettings settings, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(8);
    private static readonly JsonWebTokenHandler Handler = new();
    private readonly SymmetricSecurityKey _key = new(settings.SigningKey);

    private TokenValidationParameters Validation => new()
    {
        ValidIssuer = settings.Issuer,
        ValidAudience = settings.Audience,
        IssuerSigningKey = _key,
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
    };

    /// <summary>Who sent this Authorization header, or null when it is missing or bad.</summary>
    public async Task<string?> SubjectOfAsync(string? authorization)
    {
        const string Bearer = "Bearer ";
        if (authorization?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) is not true)
            return null;
        var read = await Handler.ValidateTokenAsync(authorization[Bearer.Length..], Validation);
        return read.IsValid ? (read.SecurityToken as JsonWebToken)?.Subject : null;
    }

    public string For(Person person)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var claims = new Dictionary<string, object>
        {
            [JwtRegisteredClaimNames.Sub] = person.Id,
            [JwtRegisteredClaimNames.Name] = person.Name,
        };
        if (person.Role is { } role)
            claims["role"] = role;

        return Handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = settings.Issuer,
            Audience = settings.Audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + Lifetime,
            Claims = claims,
            SigningCredentials = new SigningCredentials(_key, SecurityAlgorithms.HmacSha256),
        });
    }
}
