using System.Net;
using System.Text;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>What may be written, and that it comes back as it was written.</summary>
public sealed class PostMessageTextTests(ChatNodes nodes)
{
    [Theory]
    [InlineData("a")]
    [InlineData("é")]
    [InlineData("€")]
    [InlineData("\U0001F600")]
    public async Task One_to_four_thousand_characters_are_taken_and_one_more_is_not(string character)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        foreach (var length in (int[])[1, 3_999, 4_000])
        {
            var text = Repeat(character, length);
            Assert.Equal(text, (string?)(await visitor.SayUnescapedAsync(text)).Expect(HttpStatusCode.Created)["text"]);
        }

        (await visitor.SayUnescapedAsync(Repeat(character, 4_001))).ExpectInvalid("text");
        Assert.Equal([1, 3_999, 4_000], (await visitor.HistoryAsync()).Texts().Select(text => text.EnumerateRunes().Count()));
    }

    [Fact]
    public async Task Scalars_are_counted_rather_than_what_a_reader_sees_as_one_character()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var accented = Repeat("e\u0301", 2_000);

        Assert.Equal(accented, (string?)(await visitor.SayUnescapedAsync(accented)).Expect(HttpStatusCode.Created)["text"]);
        (await visitor.SayUnescapedAsync(accented + "e")).ExpectInvalid("text");
    }

    [Fact]
    public async Task White_space_at_both_ends_does_not_count()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var text = Repeat("x", 4_000);

        Assert.Equal(text, (string?)(await visitor.SayUnescapedAsync($"{Repeat(" ", 500)}{text}{Repeat("\n", 500)}")).Expect(HttpStatusCode.Created)["text"]);
    }

    [Fact]
    public async Task Every_white_space_of_Unicode_is_trimmed_at_both_ends_and_alone_is_nothing()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        foreach (var space in ContractText.WhiteSpace)
        {
            Assert.Equal("x", (string?)(await visitor.SayUnescapedAsync($"{space}{space}x{space}")).Expect(HttpStatusCode.Created)["text"]);
            (await visitor.SayUnescapedAsync($"{space}{space}")).ExpectInvalid("text");
        }

        (await visitor.SayUnescapedAsync("")).ExpectInvalid("text");
        (await visitor.SayUnescapedAsync(new string([.. ContractText.WhiteSpace]))).ExpectInvalid("text");
    }

    [Fact]
    public async Task White_space_inside_is_kept()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        foreach (var space in ContractText.WhiteSpace.Except(ContractText.RefusedControls))
        {
            var text = $"a{space}{space}b";
            Assert.Equal(text, (string?)(await visitor.SayUnescapedAsync(text)).Expect(HttpStatusCode.Created)["text"]);
        }
    }

    [Theory]
    [InlineData("one\r\ntwo", "one\ntwo")]
    [InlineData("one\r\n\r\n\ntwo", "one\n\n\ntwo")]
    [InlineData("\r\none\ttwo\n\tthree\r\n", "one\ttwo\n\tthree")]
    [InlineData("end\r", "end")]
    public async Task Newlines_become_one_kind_and_tabs_stay(string sent, string stored)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        (await visitor.SayAsync(sent)).Expect(HttpStatusCode.Created);

        Assert.Equal([stored], (await visitor.HistoryAsync()).Texts());
    }

    [Fact]
    public async Task Every_other_control_character_is_refused_escaped_or_not()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        Assert.Equal(30 + 32, ContractText.RefusedControls.Count);

        foreach (var control in ContractText.RefusedControls)
        {
            (await visitor.SayAsync($"a{control}b")).ExpectInvalid("text");
            if (control > '\u001F')
            {
                (await visitor.SayUnescapedAsync($"a{control}b")).ExpectInvalid("text");
            }
        }

        (await visitor.SayAsync("a\r\r\nb")).ExpectInvalid("text");
        Assert.Empty((await visitor.HistoryAsync()).Messages());
    }

    [Theory]
    [InlineData("""{"text":"a\ud83db"}""")]
    [InlineData("""{"text":"a\ude00b"}""")]
    [InlineData("""{"text":"\ude00\ud83d"}""")]
    [InlineData("""{"text":"\ud83d"}""")]
    [InlineData("""{"text":"\ud83d\ud83d\ude00"}""")]
    public async Task A_lone_surrogate_is_refused(string json)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        (await visitor.PostJsonAsync("chat/message", json)).ExpectInvalid("text");

        Assert.Empty((await visitor.HistoryAsync()).Messages());
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF_8_are_refused()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        // A surrogate as CESU-8 writes it, a byte without its followers, an overlong form, and what lies above U+10FFFF.
        foreach (var bytes in (byte[][])[[0xED, 0xA0, 0xBD], [0xE2, 0x82], [0xC0, 0xAF], [0xF4, 0x90, 0x80, 0x80], [0xFF]])
        {
            var body = new ByteArrayContent([.. "{\"text\":\"a"u8, .. bytes, .. "b\"}"u8]);
            body.Headers.ContentType = new("application/json");
            (await visitor.SendAsync(HttpMethod.Post, "chat/message", body)).ExpectInvalid("text");
        }

        Assert.Empty((await visitor.HistoryAsync()).Messages());
    }

    [Theory]
    [InlineData("e\u0301 \u00E9 \u212B \u00C5 \uFB01")] // nothing is normalised
    [InlineData("<script>alert('&amp;')</script> \"quoted\" \\ / \u007F")] // nothing is escaped
    [InlineData("\uFEFFno\u200Bspace\u2060here\u180E")] // format characters are no white space
    [InlineData("\u202Eright to left \u2066isolated\u2069 שלום مرحبا")]
    [InlineData("\uFFFE \uFFFF \U0010FFFF \uFDD0")] // noncharacters are scalar values
    [InlineData("👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 \U0001F1FA")]
    [InlineData("{\"text\":\"json\"} %00 %0a \\u0000 \\n")]
    public async Task Everything_else_comes_back_exactly_as_it_was_sent(string text)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        Assert.Equal(text, (string?)(await visitor.SayUnescapedAsync(text)).Expect(HttpStatusCode.Created)["text"]);
        Assert.Equal(text, (string?)(await visitor.SayAsync(text)).Expect(HttpStatusCode.Created)["text"]);
        Assert.Equal([text, text], (await visitor.HistoryAsync()).Texts());
        Assert.Equal([text, text], (await visitor.PollAsync()).Texts());
    }

    private static string Repeat(string text, int times) => new StringBuilder().Insert(0, text, times).ToString();
}
