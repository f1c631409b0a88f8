using System.Text;
using CsCheck;
using Intotes.Chat.Features.Messages;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>The beginning of a text that lists show.</summary>
public sealed class MessagePreviewTests
{
    [Theory]
    [InlineData("a", 500, 200)]
    [InlineData("a", 200, 200)]
    [InlineData("😀", 500, 200)]
    [InlineData("e\u0301", 201, 100)] // two scalars for one character
    [InlineData("👩\u200D👩\u200D👧", 50, 40)] // five scalars
    public void Is_at_most_200_scalars_of_whole_characters(string character, int count, int expected)
    {
        var preview = MessageText.Preview(string.Concat(Enumerable.Repeat(character, count)));

        Assert.Equal(string.Concat(Enumerable.Repeat(character, expected)), preview);
    }

    [Fact]
    public void A_single_character_that_is_longer_is_cut_between_scalars()
    {
        var preview = MessageText.Preview("a" + string.Concat(Enumerable.Repeat("\u0301", 3000)));

        Assert.Equal(200, preview.EnumerateRunes().Count());
    }

    private static readonly string[] Parts = ["a", "😀", "\u0301", "\u200D", "👩", "한", "\n"];

    [Fact]
    public void Is_always_a_beginning_without_half_a_surrogate() =>
        Gen.Int[0, Parts.Length - 1].Select(part => Parts[part]).Array[0, 600].Select(string.Concat).Sample(text =>
        {
            var preview = MessageText.Preview(text);
            Assert.StartsWith(preview, text, StringComparison.Ordinal);
            Assert.InRange(preview.EnumerateRunes().Count(), text.Length == 0 ? 0 : 1, 200);
            Assert.DoesNotContain(preview.EnumerateRunes(), rune => rune == Rune.ReplacementChar);
        });
}
