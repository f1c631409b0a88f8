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
    /// <summary>How many are kept at once, some 2 KB each, and fewer of longer ones; those that come on top are checked each time.</summary>
    public const int Most = 20_000;

    private const int UsualLength = 2048;

    /// <summary>The longest time in the cache; a caller that pauses for longer is checked again.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private readonly MemoryCache known = new(new MemoryCacheOptions { SizeLimit = Most });

    /// <summary>How many are kept now.</summary>
    public int Count => known.Count;

    /// <summary>The principal of the token, a copy for each caller, and the key that signed it; null where it was not checked before, or has ended.</summary>
    public (ClaimsPrincipal Principal, SecurityKey Key)? Find(string token) =>
        known.TryGetValue(Digest(token), out Checked? found) && time.GetUtcNow() < found!.Ends ? (new ClaimsPrincipal(found.Identity), found.Key) : null;

    /// <summary>Notes a token that is good in every respect.</summary>
    /// <param name="token">All of its text.</param>
    /// <param name="identity">The identity that it names.</param>
    /// <param name="key">The very key that its signature was checked with.</param>
    /// <param name="expiry">Its <c>exp</c> in UTC; the greatest there is where that lies beyond.</param>
    /// <param name="skew">How much longer it is taken, because clocks differ.</param>
    public void Note(string token, ClaimsIdentity identity, SecurityKey key, DateTime expiry, TimeSpan skew)
    {
        var now = time.GetUtcNow();
        var ends = now + (expiry - now.UtcDateTime is var left && left < Longest ? left + skew : Longest);
        // A copy, because the library's own holds the whole token. It tells names of claims apart by case, as that does.
        var copy = new CaseSensitiveClaimsIdentity(identity.Claims, identity.AuthenticationType, identity.NameClaimType, identity.RoleClaimType);
        var entry = new Checked(copy, key, ends);
        known.Set(Digest(token), entry, new MemoryCacheEntryOptions { Size = 1 + (token.Length / UsualLength), AbsoluteExpirationRelativeToNow = Longest });
    }

    public void Dispose() => known.Dispose();

    private static string Digest(string token) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private sealed record Checked(ClaimsIdentity Identity, SecurityKey Key, DateTimeOffset Ends);
}
