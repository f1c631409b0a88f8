using System.Collections.Concurrent;

namespace Intotes.Chat.Tests.Hosting.Canaries;

/// <summary>Whose a canary is, which says where it may be.</summary>
public enum CanaryKind
{
    /// <summary>Of a visitor or a customer: in no log, span or metric, and nowhere once it is erased.</summary>
    Personal,

    /// <summary>Of an operator, or the platform: in no log, span or metric.</summary>
    Staff,

    /// <summary>Of a visitor whose session may have been made although the answer was 503: so too, but that nobody can erase it. It ends within an hour.</summary>
    Unanswered,

    /// <summary>What somebody proves by who it is: besides, never in Redis.</summary>
    Credential,
}

/// <summary>A text that occurs nowhere but where it was sent.</summary>
/// <param name="What">What it was sent as.</param>
public sealed record Canary(CanaryKind Kind, string What, string Text)
{
    /// <summary>Whether it sings in this text: as it is, or in other letters.</summary>
    public bool IsIn(string text) => text.Contains(Text, StringComparison.OrdinalIgnoreCase);
}

/// <summary>All that were sent.</summary>
public sealed class CanaryCage
{
    private readonly ConcurrentQueue<Canary> all = new();

    public IReadOnlyCollection<Canary> All => all;

    /// <summary>A new one for a visitor's data. Letters and digits only, so that no escaping hides it.</summary>
    public string Personal(string what) => New(CanaryKind.Personal, what);

    public string Staff(string what) => New(CanaryKind.Staff, what);

    public string Unanswered(string what) => New(CanaryKind.Unanswered, what);

    public string Credential(string what) => New(CanaryKind.Credential, what);

    /// <summary>A credential that the service or the platform made; parts of it would tell as much.</summary>
    public string Credential(string what, string text)
    {
        foreach (var part in text.Split('.').Skip(1).Where(part => part.Length > 20).Append(text))
        {
            all.Enqueue(new Canary(CanaryKind.Credential, what, part));
        }

        return text;
    }

    private string New(CanaryKind kind, string what)
    {
        var text = $"canary{Guid.NewGuid():N}"[..24];
        all.Enqueue(new Canary(kind, what, text));
        return text;
    }
}
