using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Compare;

/// <summary>Credentials as the platform and the service make them.</summary>
internal static class Tokens
{
    public const string Issuer = "bench";

    /// <summary>Of this run only.</summary>
    public static readonly string Key = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));

    /// <summary>A JWT of an account (RFC 7519), signed with HS256, good for an hour.</summary>
    public static string Account(string user)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var signed = Encode("""{"alg":"HS256","typ":"JWT"}""") + "." + Encode($$"""{"sub":"{{user}}","name":"{{user}}","iss":"{{Issuer}}","aud":"{{Issuer}}","iat":{{now}},"exp":{{now + 3600}}}""");
        return signed + "." + Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Encoding.ASCII.GetBytes(signed)));

        static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
    }

    /// <summary>A session token for a new session, and its digest as the service stores it.</summary>
    public static (string Id, string Token, string Digest) Session()
    {
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        var token = $"{id}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";
        return (id, token, Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(token))));
    }
}
