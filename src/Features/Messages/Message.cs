using System.Globalization;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Messages;

public enum Sender
{
    Visitor,
    Operator,
    System,
}

/// <summary>An entry of a conversation: what a person wrote, or what happened.</summary>
/// <param name="Id">The stream id: strictly increasing inside a session, and the cursor after this entry.</param>
/// <param name="SentAt">When it was stored, by the clock of Redis.</param>
/// <param name="ClientMessageId">The id its sender gave it.</param>
/// <param name="Event">The event, on system entries.</param>
public sealed record Message(
    string Id, Sender Sender, string? SenderName, string Text, DateTimeOffset SentAt, string? ClientMessageId, string? Event)
{
    /// <summary>How many bytes the text takes in this process. Internal, so that no answer shows it.</summary>
    internal int TextBytes => sizeof(char) * Text.Length;

    /// <summary>
    /// From a stream entry, whose fields stand in the order in which session.lua adds them. A newer version may add fields after those; they are passed over.
    /// </summary>
    public static Message From(string id, string? from, string? name, string? text, string? tag, string? value) => new(
        id,
        from switch
        {
            "visitor" => Sender.Visitor,
            "operator" => Sender.Operator,
            // Also a sender that only a newer version knows: its text can be read.
            _ => Sender.System,
        },
        NullIfEmpty(name),
        text ?? "",
        Stored.TimeOf(id),
        tag == "client" ? value : null,
        tag == "event" ? value : null);

    private static string? NullIfEmpty(string? text) => text is { Length: > 0 } ? text : null;
}

/// <summary>The form of cursors and message ids: what Redis gives its stream entries, within 64 bits.</summary>
public static class Cursor
{
    /// <summary>Before the first message.</summary>
    public const string Start = "0-0";

    /// <summary>Nothing comes after it, which is why Redis takes it for no beginning of a range.</summary>
    private const string End = "18446744073709551615-18446744073709551615";

    public static bool IsCursor(string text) =>
        text.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash && IsNumber(text.AsSpan(0, dash)) && IsNumber(text.AsSpan(dash + 1)) && text != End;

    /// <summary>The end of a stream range before this id. Redis takes no <c>(0-0</c>, but no entry has that id anyway.</summary>
    public static string Before(string id) => id == Start ? id : "(" + id;

    /// <summary>Whether an id comes after another.</summary>
    public static bool IsAfter(string id, string other)
    {
        if (id == other)
        {
            return false;
        }

        var (ms, number) = Parts(id);
        var (otherMs, otherNumber) = Parts(other);
        return ms > otherMs || (ms == otherMs && number > otherNumber);
    }

    private static (ulong Milliseconds, ulong Number) Parts(string id)
    {
        var dash = id.IndexOf('-', StringComparison.Ordinal);
        return (ulong.Parse(id.AsSpan(0, dash), CultureInfo.InvariantCulture), ulong.Parse(id.AsSpan(dash + 1), CultureInfo.InvariantCulture));
    }

    private static bool IsNumber(ReadOnlySpan<char> text) =>
        text is ['0'] or [> '0' and <= '9', ..]
        && !text.ContainsAnyExceptInRange('0', '9') && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
