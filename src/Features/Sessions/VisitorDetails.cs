using System.Text;

namespace Intotes.Chat.Features.Sessions;

/// <summary>What a visitor says about itself; null leaves what is known.</summary>
public sealed record VisitorDetails(string? Name, string? Email, string? Locale, string? PageUrl, string? Department)
{
    /// <summary>What a new session of this visitor takes in Redis.</summary>
    public int StoredBytes => SessionStore.SessionOverhead + Bytes(Name) + Bytes(Email) + Bytes(Locale) + Bytes(PageUrl);

    /// <summary>The same without what the session would keep of it.</summary>
    public VisitorDetails Unsaid => this with { Name = null, Email = null, Locale = null, PageUrl = null };

    private static int Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
