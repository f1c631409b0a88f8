using System.Text;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>The trading platform's API; section <c>Platform</c>.</summary>
public sealed class PlatformOptions
{
    /// <summary>Empty: operators see customers without profile and trades.</summary>
    public string BaseUrl { get; init; } = "";

    /// <summary>Sent as <c>X-Api-Key</c>.</summary>
    public string ApiKey { get; init; } = "";

    private const string DevelopmentKey = "intotes-development-platform-key";
    private const int LeastKeyBytes = 16, LeastKeyBits = 48;

    /// <summary>Whether the key, where there is one, is fit for Production: long enough, random, and not the one that everybody knows.</summary>
    public bool HasSafeKey => ApiKey.Length == 0 || (Encoding.UTF8.GetByteCount(ApiKey) >= LeastKeyBytes && ApiKey != DevelopmentKey && Secrets.Bits(ApiKey) >= LeastKeyBits);

    /// <summary>Whether the address can be one.</summary>
    public bool IsValid => BaseUrl.Length == 0 || (Uri.TryCreate(BaseUrl, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps));
}
