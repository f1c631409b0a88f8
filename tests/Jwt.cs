using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Intotes.Chat.Tests;

/// <summary>Bearer tokens as the platform issues them in Development.</summary>
public static class Jwt
{
    private const string Key = "intotes-development-signing-key-not-for-production";

    public static string Issue(
        string userId,
        string? name = null,
        string? role = null,
        string issuer = "intotes",
        string audience = "intotes-chat",
        string key = Key,
        TimeSpan? expiresIn = null)
    {
        var claims = new Dictionary<string, object> { ["sub"] = userId };
        if (name is not null)
        {
            claims["name"] = name;
        }

        if (role is not null)
        {
            claims["role"] = role;
        }

        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            Claims = claims,
            IssuedAt = now.AddHours(-1),
            NotBefore = now.AddHours(-1),
            Expires = now + (expiresIn ?? TimeSpan.FromHours(1)),
            SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(key)), SecurityAlgorithms.HmacSha256),
        });
    }
}
