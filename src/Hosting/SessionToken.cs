using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Intotes.Chat.Hosting;

/// <summary>
/// The credential of an anonymous visitor: <c>sessionId.secret</c>, with a 256-bit random secret in base64url (RFC 4648). Redis holds
/// only the digest, so neither a dump nor an operator can act as the visitor.
/// </summary>
public sealed class SessionToken
{
    private const int IdLength = 22;
    private const int SecretLength = 43;

    private readonly string text;

    private SessionToken(string text) => this.text = text;

    public string SessionId => text[..IdLength];

    /// <summary>SHA-256 of the whole token in base64url: what is stored and compared.</summary>
    public string Digest
    {
        get
        {
            Span<byte> token = stackalloc byte[IdLength + 1 + SecretLength], digest = stackalloc byte[SHA256.HashSizeInBytes];
            Encoding.ASCII.GetBytes(text, token);
            SHA256.HashData(token, digest);
            return Base64Url.EncodeToString(digest);
        }
    }

    /// <summary>The token as the visitor gets it, once. Not <c>ToString</c>, so that no log shows it by accident.</summary>
    public string Reveal() => text;

    /// <summary>A new token for a new session.</summary>
    public static SessionToken New() => new($"{NewSessionId()}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}");

    /// <summary>A new public session id: 128 random bits in base64url.</summary>
    public static string NewSessionId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    /// <summary>Null when the text cannot be a token.</summary>
    public static SessionToken? Parse(string text) =>
        text.Length == IdLength + 1 + SecretLength && text[IdLength] == '.' && IsBase64Url(text.AsSpan(0, IdLength)) && IsBase64Url(text.AsSpan(IdLength + 1))
            ? new SessionToken(text)
            : null;

    /// <summary>Whether the text has the form of a session id.</summary>
    public static bool IsSessionId(string text) => text.Length == IdLength && IsBase64Url(text);

    private static bool IsBase64Url(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
            {
                return false;
            }
        }

        return true;
    }
}
