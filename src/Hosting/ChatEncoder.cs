using System.Buffers;
using System.Text.Encodings.Web;

namespace Intotes.Chat.Hosting;

/// <summary>
/// Escapes in JSON what has to be escaped and nothing else. .NET's own encoders write each character outside the basic plane as two <c>\u</c> escapes: 12 bytes
/// instead of 4, which makes an answer full of emoji three times as large. Served only as application/json, so nothing is escaped for HTML's sake.
/// </summary>
public sealed unsafe class ChatEncoder : JavaScriptEncoder
{
    public static readonly ChatEncoder Instance = new();

    /// <summary>Control characters, quotes and backslashes; line and paragraph separators, which end a line in old JavaScript; the byte order mark.</summary>
    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x7f, 0x21)).Select(code => (char)code), '"', '\\', '\u2028', '\u2029', '\ufeff']);

    private static readonly SearchValues<char> EscapedOrSurrogate = SearchValues.Create(
        [.. Enumerable.Range(0, char.MaxValue + 1).Select(code => (char)code).Where(c => char.IsSurrogate(c) || Escaped.Contains(c))]);

    private ChatEncoder()
    {
    }

    public override int MaxOutputCharactersPerInputCharacter => UnsafeRelaxedJsonEscaping.MaxOutputCharactersPerInputCharacter;

    /// <summary>The first character that is escaped, or half of a pair whose other half is missing.</summary>
    public override int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var all = new ReadOnlySpan<char>(text, textLength);
        for (var at = 0; ;)
        {
            var next = all[at..].IndexOfAny(EscapedOrSurrogate);
            if (next < 0)
            {
                return -1;
            }

            at += next;
            if (!IsPair(all[at..]))
            {
                return at;
            }

            // Emoji come in rows.
            do
            {
                at += 2;
            }
            while (IsPair(all[at..]));
        }
    }

    public override bool WillEncode(int unicodeScalar) => unicodeScalar <= char.MaxValue && Escaped.Contains((char)unicodeScalar);

    public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten) =>
        UnsafeRelaxedJsonEscaping.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);

    private static bool IsPair(ReadOnlySpan<char> text) => text.Length > 1 && char.IsSurrogatePair(text[0], text[1]);
}
