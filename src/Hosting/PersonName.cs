using System.Globalization;
using System.Text;

namespace Intotes.Chat.Hosting;

/// <summary>Names of people as tokens and visitors give them: made one harmless line.</summary>
public static class PersonName
{
    /// <summary>The longest name; the rest is cut.</summary>
    public const int MostCharacters = 100;

    /// <summary>
    /// The name in one line, or null where nothing visible is left: control characters, line and paragraph separators and characters that turn the
    /// writing direction become spaces, so that no name can end its line, or show what follows in another order.
    /// </summary>
    public static string? Clean(string? name)
    {
        if (name is null)
        {
            return null;
        }

        var line = new StringBuilder(Math.Min(name.Length, MostCharacters));
        var isSpaceDue = false;
        foreach (var rune in name.EnumerateRunes())
        {
            if (IsGap(rune))
            {
                isSpaceDue = line.Length > 0;
                continue;
            }

            if (line.Length + (isSpaceDue ? 1 : 0) + rune.Utf16SequenceLength > MostCharacters)
            {
                break;
            }

            line.Append(isSpaceDue ? " " : "").Append(rune.ToString());
            isSpaceDue = false;
        }

        return line.Length > 0 ? line.ToString() : null;
    }

    private static bool IsGap(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator || rune.Value is 0x061C or (>= 0x200E and <= 0x200F) or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);
}
