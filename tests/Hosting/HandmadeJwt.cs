using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>A bearer token made by hand, good until a test changes it: a library refuses to make the bad ones.</summary>
public sealed class HandmadeJwt(string key, string userId)
{
    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    public JsonObject Header { get; } = new() { ["alg"] = "HS256", ["typ"] = "JWT" };

    public JsonObject Claims { get; } = new()
    {
        ["sub"] = userId, ["iss"] = "intotes", ["aud"] = "intotes-chat", ["iat"] = Now - 60, ["nbf"] = Now - 60, ["exp"] = Now + 3600,
    };

    public string WithSignature(Func<byte[], byte[], byte[]>? sign = null, string? otherKey = null)
    {
        var secret = Encoding.UTF8.GetBytes(otherKey ?? key);
        return Join(Header.ToJsonString(), Claims.ToJsonString(), content => (sign ?? HMACSHA256.HashData)(secret, content));
    }

    /// <summary>A token of these parts, JSON or not, in the compact form (RFC 7515, section 3.1).</summary>
    public static string Join(string header, string claims, Func<byte[], byte[]> sign)
    {
        var content = $"{Encode(header)}.{Encode(claims)}";
        return $"{content}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(content)))}";
    }

    public static string Encode(string part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part));

    /// <summary>This token with one thing wrong, as the value of the Authorization header.</summary>
    public string Spoilt(string how)
    {
        switch (how)
        {
            case "signed with another key":
                return "Bearer " + WithSignature(otherKey: key + key);
            case "claims changed after signing":
                var parts = WithSignature().Split('.');
                Claims["role"] = "supervisor";
                return $"Bearer {parts[0]}.{Encode(Claims)}.{parts[2]}";
            case "alg none":
                Header["alg"] = "none";
                return $"Bearer {Encode(Header)}.{Encode(Claims)}.";
            case "alg none, signed all the same":
                Header["alg"] = "none";
                break;
            case "HS384 with the right key":
                Header["alg"] = "HS384";
                return "Bearer " + WithSignature(HMACSHA384.HashData);
            case "HS512 with the right key":
                Header["alg"] = "HS512";
                return "Bearer " + WithSignature(HMACSHA512.HashData);
            case "another issuer":
                Claims["iss"] = "elsewhere";
                break;
            case "no issuer":
                Claims.Remove("iss");
                break;
            case "another audience":
                Claims["aud"] = "intotes-backoffice";
                break;
            case "no audience":
                Claims.Remove("aud");
                break;
            case "expired":
                Claims["exp"] = Now - 61;
                break;
            case "no expiry":
                Claims.Remove("exp");
                break;
            case "not yet valid":
                Claims["nbf"] = Now + 300;
                break;
            case "no subject":
                Claims.Remove("sub");
                break;
            case "empty subject":
                Claims["sub"] = "";
                break;
            case "scheme alone":
                return "Bearer";
            case "scheme and a space":
                return "Bearer ";
            case "garbage":
                return "Bearer garbage";
            case "three parts of garbage":
                return "Bearer e30.e30.e30";
            case "lower case and garbage":
                return "bearer garbage";
            case "two tokens":
                return $"Bearer {WithSignature()} {WithSignature()}";
            default:
                throw new ArgumentOutOfRangeException(nameof(how), how, "There is no such fault.");
        }

        return "Bearer " + WithSignature();
    }

    private static string Encode(JsonObject part) => Encode(part.ToJsonString());
}
