using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.Tokens;

namespace Intotes.Chat.Hosting;

/// <summary>
/// Bearer tokens that were found good, by their digest, until they end: a widget shows the same one with every poll, and checking its signature costs more
/// than the poll. Whether the key that signed it is still good is asked each time.
/// </summary>
public sealed class CheckedTokens(TimeProvider time) : IDisposable
{
    /// <summary>Some 2 KB each.</summary>
    private const int Most = 20_000;

    private readonly MemoryCache known = new(new MemoryCacheOptions { SizeLimit = Most });

    /// <summary>Whom the token names, and the key that signed it; null where it was not checked before, or has ended.</summary>
    public (ClaimsPrincipal Principal, SecurityKey Key)? Find(string token) =>
        known.TryGetValue(Digest(token), out Checked? found) && time.GetUtcNow() < found!.Ends ? (found.Principal, found.Key) : null;

    /// <summary>Notes a token that is good in every respect until <paramref name="ends"/>.</summary>
    public void Note(string token, ClaimsIdentity identity, SecurityKey key, DateTimeOffset ends)
    {
        // A copy, because the library's own holds the whole token. It tells names of claims apart by case, as that does.
        var copy = new CaseSensitiveClaimsIdentity(identity.Claims, identity.AuthenticationType, identity.NameClaimType, identity.RoleClaimType);
        var entry = new Checked(new ClaimsPrincipal(copy), key, ends);
        known.Set(Digest(token), entry, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpiration = ends });
    }

    public void Dispose() => known.Dispose();

    private static string Digest(string token) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private sealed record Checked(ClaimsPrincipal Principal, SecurityKey Key, DateTimeOffset Ends);
}
