using System.Text;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>The trading platform's API; section <c>Platform</c>.</summary>
public sealed class PlatformOptions
{
    /// <summary>Empty: operators see customers without profile and trades.</summary>
    public string BaseUrl { get; init; } = "";

    /// <summary>Sent to the platform as <c>X-Api-Key</c>.</summary>
    public string ApiKey { get; init; } = "";

    /// <summary>The key that the platform sends as <c>X-Api-Key</c>; see <see cref="PlatformKeyAuthentication"/>.</summary>
    public string InboundKey { get; init; } = "";

    private const string DevelopmentKey = "intotes-development-platform-key";
    private const int LeastKeyBytes = 16, LeastKeyBits = 48;

    /// <summary>Whether the key, where there is one, is fit for Production: long enough, random, and not the one that everybody knows.</summary>
    public bool HasSafeKey => IsSafe(ApiKey);

    /// <summary>The same of the key for the other direction, which must be another one.</summary>
    public bool HasSafeInboundKey => IsSafe(InboundKey) && (InboundKey.Length == 0 || InboundKey != ApiKey);

    /// <summary>Whether the key goes over TLS.</summary>
    public bool IsHttps => BaseUrl.Length == 0 || BaseUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the address can be one.</summary>
    public bool IsValid => BaseUrl.Length == 0 || (Uri.TryCreate(BaseUrl, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps));

    private static bool IsSafe(string key) =>
        key.Length == 0 || (Encoding.UTF8.GetByteCount(key) >= LeastKeyBytes && key != DevelopmentKey && Secrets.Bits(key) >= LeastKeyBits);
}
