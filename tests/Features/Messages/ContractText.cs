using System.Text;
using System.Text.RegularExpressions;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>
/// What API.md says of the text of a message, written down once more from its words and the Unicode tables, and from nothing in src: the
/// judge of what the service takes and what it gives back.
/// </summary>
internal static partial class ContractText
{
    /// <summary>The white space of Unicode (PropList.txt, White_Space).</summary>
    public static readonly IReadOnlyList<char> WhiteSpace =
    [
        '\t', '\n', '\v', '\f', '\r', ' ', '\u0085', '\u00A0', '\u1680', '\u2000', '\u2001', '\u2002', '\u2003', '\u2004', '\u2005', '\u2006',
        '\u2007', '\u2008', '\u2009', '\u200A', '\u2028', '\u2029', '\u202F', '\u205F', '\u3000',
    ];

    /// <summary>C0 and C1 without newline and tab; a carriage return is one unless a newline follows.</summary>
    public static readonly IReadOnlyList<char> RefusedControls =
        [.. Range(0x00, 0x08), '\v', '\f', '\r', .. Range(0x0E, 0x1F), .. Range(0x80, 0x9F)];

    /// <summary>The text as it has to come back; null where the contract refuses it.</summary>
    public static string? Stored(string sent)
    {
        int start = 0, end = sent.Length;
        while (start < end && WhiteSpace.Contains(sent[start]))
        {
            start++;
        }

        while (start < end && WhiteSpace.Contains(sent[end - 1]))
        {
            end--;
        }

        var (stored, scalars) = (new StringBuilder(), 0);
        for (var i = start; i < end; i++, scalars++)
        {
            var next = i + 1 < end ? sent[i + 1] : '\0';
            if (sent[i] == '\r' && next == '\n')
            {
                i++;
            }
            else if (char.IsHighSurrogate(sent[i]) && char.IsLowSurrogate(next))
            {
                stored.Append(sent[i++]);
            }
            else if (char.IsSurrogate(sent[i]) || RefusedControls.Contains(sent[i]))
            {
                return null;
            }

            stored.Append(sent[i]);
        }

        return scalars is >= 1 and <= 4000 ? stored.ToString() : null;
    }

    /// <summary>Whether this may be a client message id: 1 to 64 of A-Z a-z 0-9 . _ -</summary>
    public static bool IsClientMessageId(string text) => text.Length is >= 1 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>A name as it has to come back: white space, controls and marks of the writing direction are one space, and none at an end.</summary>
    public static string Name(string sent) => Gaps().Replace(sent, " ").Trim(' ');

    [GeneratedRegex(@"[\p{Cc}\p{Z}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]+")]
    private static partial Regex Gaps();

    private static IEnumerable<char> Range(int first, int last) => Enumerable.Range(first, last - first + 1).Select(c => (char)c);
}
