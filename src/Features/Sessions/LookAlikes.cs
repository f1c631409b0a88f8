using System.Globalization;
using System.Text;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// What a name looks like, so that two names that a person takes for the same one compare as equal: case, width, diacritics, invisible characters and
/// letters of other alphabets do not count. A small table for names, after the idea of the skeletons of UTS #39; globalization is invariant here, so
/// that the runtime's own normalization does nothing.
/// </summary>
public static class LookAlikes
{
    /// <summary>For each letter the characters that pass for it, small or capital.</summary>
    private static readonly Dictionary<string, string> Table = new()
    {
        ["a"] = "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặаӑӓαάɑᴀªᵃₐⱥΑᎪ∂4@",
        ["b"] = "ḃḅḇвьƀɓʙᵇßβΒᏴℬ",
        ["c"] = "çćĉċčḉсҫϲᴄᶜℂℭⅽᏟ¢",
        ["d"] = "ďḋḍḏḑḓԁđɗᴅᵈⅆⅾᎠ",
        ["e"] = "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệеѐёҽӗєεέᴇᵉₑℯℰɛΕᎬ€3",
        ["f"] = "ḟƒꜰᶠℱ",
        ["g"] = "ĝğġģǧǵḡɡɢᵍℊցᏀ",
        ["h"] = "ĥȟḣḥḧḩḫẖнһħʜʰₕℎℍℋℌհΗᎻ",
        ["i"] = "ìíîïĩīĭįǐȉȋḭḯỉịіїıӏιίϊΐɩɪⁱᵢℐℑⅰΙ1|!¡lŀłƚʟˡₗℒℓⅼᏞĺļľḷḹḻḽǀוꓲᛁİ",
        ["j"] = "ĵǰјȷᴊʲⱼᎫ",
        ["k"] = "ķǩḱḳḵкқҝҟҡᴋᵏₖκϰΚᏦ",
        ["m"] = "ḿṁṃмᴍᵐₘℳⅿΜᎷ",
        ["n"] = "ñńņňǹṅṇṉṋпɴⁿₙηήոℕΝɲŋ",
        ["o"] = "òóôõöōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợоӧөοόօøᴏᵒₒℴºΟ0○σס°",
        ["p"] = "ṕṗрᴘᵖₚρℙΡᏢ",
        ["q"] = "ԛզℚ",
        ["r"] = "ŕŗřȑȓṙṛṝṟгʀʳᵣℝℜℛꮁᎡ",
        ["s"] = "śŝşšșṡṣṥṧṩẛѕꜱˢₛ5$ʂᏚ§",
        ["t"] = "ţťțṫṭṯṱẗтᴛᵗₜτŧТᎢ7†",
        ["u"] = "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữựսᴜᵘᵤυύϋΰμʋ",
        ["v"] = "ṽṿѵνᴠᵛᵥⅴᏙ",
        ["w"] = "ŵẁẃẅẇẉẘԝɯωώᴡʷѡᎳ",
        ["x"] = "ẋẍхҳᵡˣₓχⅹΧ×",
        ["y"] = "ýÿŷȳẏẙỳỵỷỹуўӯӱӳүұʏʸγΥ¥",
        ["z"] = "źżžẑẓẕᴢᶻζℤℨΖᏃƶ",
    };

    /// <summary>Letters drawn as symbols: the first character of each block of 26, in the order of the alphabet.</summary>
    private static readonly int[] Alphabets = [0x249C, 0x24B6, 0x24D0, 0xFF21, 0xFF41, 0x1F110, 0x1F130, 0x1F150, 0x1F170, 0x1F1E6];

    /// <summary>Letters by category that show nothing: the fillers of Hangul.</summary>
    private static readonly int[] Fillers = [0x115F, 0x1160, 0x3164, 0xFFA0];

    private static readonly Dictionary<Rune, char> Letters = Table.SelectMany(row => row.Value.EnumerateRunes(), (row, rune) => (rune, row.Key[0])).ToDictionary();

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

            if (Rune.IsLetterOrDigit(rune) || AlphabetOf(rune) is not null || (withSigns && Letters.ContainsKey(rune)))
            {
                word.Append(Letter(rune));
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

    private static string Letter(Rune rune) => AlphabetOf(rune) is { } latin ? Plain(latin)
        : rune.Value switch
        {
            // Mathematical letters: 52 to an alphabet; and their digits.
            >= 0x1D400 and < 0x1D6A4 => Plain((char)('a' + ((rune.Value - 0x1D400) % 26))),
            >= 0x1D7CE and < 0x1D800 => Plain((char)('0' + ((rune.Value - 0x1D7CE) % 10))),
            >= 0xFF10 and <= 0xFF19 => Plain((char)('0' + rune.Value - 0xFF10)),
            'æ' or 'Æ' => "ae",
            'œ' or 'Œ' => "oe",
            _ when Letters.TryGetValue(rune, out var capital) => $"{capital}",
            _ when Rune.ToLowerInvariant(rune) is var small => Letters.TryGetValue(small, out var letter) ? $"{letter}" : small.ToString(),
            _ => "",
        };

    private static string Plain(char latin) => Letters.TryGetValue(new Rune(latin), out var letter) ? $"{letter}" : $"{latin}";

    private static char? AlphabetOf(Rune rune)
    {
        foreach (var first in Alphabets)
        {
            if (rune.Value >= first && rune.Value < first + 26)
            {
                return (char)('a' + rune.Value - first);
            }
        }

        return null;
    }

    private static bool IsInvisible(Rune rune) => Fillers.Contains(rune.Value) || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Format or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.SpacingCombiningMark;

    /// <summary>Two letters that pass for one.</summary>
    private static string Drawn(StringBuilder word) => word.ToString().Replace("rn", "m", StringComparison.Ordinal).Replace("vv", "w", StringComparison.Ordinal);
}
