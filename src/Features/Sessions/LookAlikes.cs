using System.Globalization;
using System.Text;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// What a name looks like, so that two names that a person takes for the same one compare as equal: case, width, diacritics, invisible characters,
/// letters of other alphabets and a letter held down do not count. After the skeletons of UTS #39, by <see cref="LookAlikeTable"/>, which also decomposes:
/// globalization is invariant here, so that the runtime's own normalization does nothing.
/// </summary>
public static class LookAlikes
{
    /// <summary>Letters drawn as symbols: the first character of each block of 26, in the order of the alphabet.</summary>
    private static readonly int[] Alphabets = [0x249C, 0x24B6, 0x24D0, 0xFF21, 0xFF41, 0x1F110, 0x1F130, 0x1F150, 0x1F170, 0x1F1E6];

    /// <summary>Letters by category that show nothing: the fillers of Hangul.</summary>
    private static readonly int[] Fillers = [0x115F, 0x1160, 0x3164, 0xFFA0];

    private static readonly Dictionary<Rune, string> Letters = LookAlikeTable.Rows.SelectMany(row => row.Value.EnumerateRunes(), (row, rune) => (rune, row.Key)).ToDictionary();

    /// <summary>The words of a name as they look, in small letters.</summary>
    /// <param name="name">The name.</param>
    /// <param name="withSigns">Whether signs that pass for letters, such as <c>@</c> and <c>$</c>, are taken for them rather than for the end of a word.</param>
    public static IReadOnlyList<string> Words(string name, bool withSigns = false)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
        {
            if (IsInvisible(rune))
            {
                continue;
            }

            var category = Rune.GetUnicodeCategory(rune);
            if (category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark)
            {
                // Part of the writing in many scripts; on a letter of Latin, or what passes for one, it is decoration.
                word.Append(word.Length > 0 && !char.IsAscii(word[^1]) ? rune.ToString() : "");
            }
            else if (Letter(rune, category, withSigns) is { } letter)
            {
                word.Append(letter);
            }
            else if (word.Length > 0)
            {
                words.Add(Drawn(word));
                word.Clear();
            }
        }

        if (word.Length > 0)
        {
            words.Add(Drawn(word));
        }

        return words;
    }

    /// <summary>Each run of a letter as one.</summary>
    public static string WithoutRuns(string word) => Runs(word, 1);

    /// <summary>The letter that a letter or sign looks like; null for anything else.</summary>
    private static string? Letter(Rune rune, UnicodeCategory category, bool withSigns)
    {
        if (AlphabetOf(rune) is { } latin)
        {
            return Plain(latin);
        }

        var isLetter = Rune.IsLetterOrDigit(rune);
        if (Letters.TryGetValue(rune, out var known))
        {
            return isLetter || withSigns || category is UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber or UnicodeCategory.OtherSymbol ? known : null;
        }

        return isLetter ? Rune.ToLowerInvariant(rune).ToString() : null;
    }

    private static string Plain(char latin) => Letters.TryGetValue(new Rune(latin), out var letter) ? letter : $"{latin}";

    /// <summary>The letter or digit of a block that has them in order.</summary>
    private static char? AlphabetOf(Rune rune) => rune.Value switch
    {
        // Mathematical letters: 52 to an alphabet; and their digits.
        >= 0x1D400 and < 0x1D6A4 => (char)('a' + ((rune.Value - 0x1D400) % 26)),
        >= 0x1D7CE and < 0x1D800 => (char)('0' + ((rune.Value - 0x1D7CE) % 10)),
        >= 0xFF10 and <= 0xFF19 => (char)('0' + rune.Value - 0xFF10),
        >= 'A' and <= 'Z' or >= 'a' and <= 'z' or >= '0' and <= '9' => (char)Rune.ToLowerInvariant(rune).Value,
        var value when Array.Find(Alphabets, block => value >= block && value < block + 26) is > 0 and var first => (char)('a' + value - first),
        _ => null,
    };

    /// <summary>Shows nothing, or alters only the letter before it.</summary>
    private static bool IsInvisible(Rune rune) => Fillers.Contains(rune.Value) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format || rune.Value
        is (>= 0x300 and <= 0x36F) or (>= 0x483 and <= 0x489) or (>= 0x591 and <= 0x5BD) or (>= 0x64B and <= 0x65F) or 0x670
        or (>= 0x1AB0 and <= 0x1AFF) or (>= 0x1DC0 and <= 0x1DFF) or (>= 0x20D0 and <= 0x20FF)
        or (>= 0xFE00 and <= 0xFE0F) or (>= 0xFE20 and <= 0xFE2F) or (>= 0xE0100 and <= 0xE01EF);

    /// <summary>Two letters that pass for one; and of a letter that is held down two, for no name has more.</summary>
    private static string Drawn(StringBuilder word) =>
        Runs(word.ToString(), 2).Replace("rn", "m", StringComparison.Ordinal).Replace("vv", "w", StringComparison.Ordinal);

    private static string Runs(string word, int most)
    {
        var kept = new StringBuilder(word.Length);
        var run = 0;
        foreach (var letter in word)
        {
            run = kept.Length > 0 && kept[^1] == letter ? run + 1 : 1;
            if (run <= most)
            {
                kept.Append(letter);
            }
        }

        return kept.ToString();
    }
}
