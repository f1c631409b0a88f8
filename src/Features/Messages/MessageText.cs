using System.Buffers;
using System.Globalization;
using System.Text;
using FluentValidation;
using Intotes.Chat.Features.Sessions;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// The rules of a message's text: 1 to 4,000 Unicode scalar values after trimming white space at both ends, no control characters but newline and
/// tab. Nothing else is changed, but that <c>\r\n</c> becomes <c>\n</c>.
/// </summary>
public static class MessageText
{
    public const int MostScalars = 4000;

    /// <summary>Of the text of a last message in lists.</summary>
    public const int PreviewScalars = 200;

    /// <summary>C0 and C1 (ISO 6429) without newline and tab.</summary>
    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0x00, 0x20).Concat(Enumerable.Range(0x80, 0x20)).Select(c => (char)c).Where(c => c is not ('\n' or '\t'))]);

    /// <summary>The text as it is stored.</summary>
    public static string Clean(string text) => text.Trim().Replace("\r\n", "\n", StringComparison.Ordinal);

    /// <summary>
    /// The beginning of a text, for lists: at most 200 Unicode scalar values, and no character as a reader sees it is cut in two, unless it alone is longer.
    /// </summary>
    public static string Preview(string text)
    {
        if (text.Length <= PreviewScalars)
        {
            return text;
        }

        var (end, cut, scalars) = (0, 0, 0);
        while (end < text.Length)
        {
            var next = end + StringInfo.GetNextTextElementLength(text, end);
            for (cut = end; cut < next && scalars < PreviewScalars; scalars++)
            {
                cut += char.IsSurrogatePair(text, cut) ? 2 : 1;
            }

            if (cut < next)
            {
                return text[..(end > 0 ? end : cut)];
            }

            end = next;
        }

        return text;
    }

    /// <summary>The size of a message in Redis: its text in UTF-8, and as much beside it as append_message.lua counts.</summary>
    public static int StoredBytes(string text) => Encoding.UTF8.GetByteCount(text) + SessionStore.MessageOverhead;

    public static IRuleBuilderOptions<T, string?> IsMessageText<T>(this IRuleBuilder<T, string?> rule) => rule
        .NotEmpty().WithMessage("Must not be empty.")
        .Must(text => text is null || !Clean(text).AsSpan().ContainsAny(Controls)).WithMessage("Must not hold control characters other than newline and tab.")
        .Must(text => text is null || HasFewEnoughScalars(Clean(text))).WithMessage($"Must have at most {MostScalars} characters.");

    private static bool HasFewEnoughScalars(string text) => text.Length <= MostScalars || text.EnumerateRunes().Count() <= MostScalars;
}
