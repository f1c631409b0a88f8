using System.Buffers.Text;
using System.Text;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>Where an operator stands in each of its sessions, how many waited when it last asked, and how its sessions looked; opaque to the operator.</summary>
/// <param name="Waiting">Null when it never asked.</param>
/// <param name="Look">Stands for who wrote and what was read; null when that was not told.</param>
public sealed record OperatorCursor(int? Waiting, IReadOnlyDictionary<string, string> Sessions, string? Look)
{
    /// <summary>More than any operator has: its capacity and what it was handed beyond.</summary>
    private const int MostSessions = 100;

    private static readonly OperatorCursor Start = new(null, new Dictionary<string, string>(), null);

    /// <summary>Null when the text is no cursor; no text is the beginning.</summary>
    public static OperatorCursor? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return text is null ? Start : null;
        }

        if (!Base64Url.IsValid(text) || Encoding.ASCII.GetString(Base64Url.DecodeFromChars(text)).Split(' ') is not [var state, .. var sessions]
            || !uint.TryParse(state.Split(':', 2)[0], out var count) || count > int.MaxValue || sessions.Length > MostSessions)
        {
            return null;
        }

        var cursors = new Dictionary<string, string>();
        foreach (var part in sessions)
        {
            if (part.Split('=') is not [var id, var cursor] || !SessionToken.IsSessionId(id) || !Cursor.IsCursor(cursor) || !cursors.TryAdd(id, cursor))
            {
                return null;
            }
        }

        return new OperatorCursor((int)count, cursors, state.Split(':', 2).ElementAtOrDefault(1));
    }

    public override string ToString() =>
        Base64Url.EncodeToString(Encoding.ASCII.GetBytes(string.Join(' ', [$"{Waiting ?? 0}:{Look}", .. Sessions.Select(s => $"{s.Key}={s.Value}")])));
}
