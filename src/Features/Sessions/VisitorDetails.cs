using System.Text;

namespace Intotes.Chat.Features.Sessions;

/// <summary>The details that a visitor gives of itself; null leaves a value as it is.</summary>
public sealed record VisitorDetails(string? Name, string? Email, string? Locale, string? PageUrl, string? Department)
{
    /// <summary>The size of a new session of this visitor in Redis.</summary>
    public int StoredBytes => SessionStore.SessionOverhead + Bytes(Name) + Bytes(Email) + Bytes(Locale) + Bytes(PageUrl);

    /// <summary>The same without what the session would keep of it.</summary>
    public VisitorDetails Unsaid => this with { Name = null, Email = null, Locale = null, PageUrl = null };

    private static int Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
