using System.Net;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(DeskNodes))]
public sealed class CannedReplyTests(DeskNodes desk) : DeskTest(desk)
{
    private const string Path = "operator/canned-replies";

    [Fact]
    public async Task All_operators_share_what_one_adds_replaces_and_deletes()
    {
        var (dana, eli) = (Desk.Operator(), Desk.Operator());
        Assert.Empty(await ListAsync(eli));

        var added = (await dana.PostAsync(Path, new { shortcut = "hi", text = " Hello {{visitor.name}},\r\nI am {{operator.name}}. " })).Expect(HttpStatusCode.Created);
        Assert.Equal(("hi", "Hello {{visitor.name}},\nI am {{operator.name}}."), ((string?)added["shortcut"], (string?)added["text"]));
        (await eli.PostAsync(Path, new { shortcut = "bye", text = "Bye." })).Expect(HttpStatusCode.Created);
        Assert.Equal([("bye", "Bye."), ("hi", "Hello {{visitor.name}},\nI am {{operator.name}}.")], await ListAsync(dana));

        var replaced = (await eli.PutAsync($"{Path}/hi", new { text = "Hi!" })).Expect(HttpStatusCode.OK);
        Assert.Equal(("hi", "Hi!"), ((string?)replaced["shortcut"], (string?)replaced["text"]));
        Assert.Equal([("bye", "Bye."), ("hi", "Hi!")], await ListAsync(dana));

        (await dana.DeleteAsync($"{Path}/bye")).Expect(HttpStatusCode.NoContent);
        Assert.Equal([("hi", "Hi!")], await ListAsync(eli));
    }

    [Fact]
    public async Task What_is_not_there_can_be_neither_replaced_nor_deleted()
    {
        var dana = Desk.Operator();

        (await dana.PutAsync($"{Path}/none", new { text = "Hi!" })).ExpectProblem(404, "not_found");
        (await dana.DeleteAsync($"{Path}/none")).ExpectProblem(404, "not_found");

        Assert.Empty(await ListAsync(dana));
    }

    [Fact]
    public async Task A_shortcut_that_is_taken_keeps_its_text()
    {
        var dana = Desk.Operator();
        await dana.PostAsync(Path, new { shortcut = "hi", text = "Hi!" });

        (await dana.PostAsync(Path, new { shortcut = "hi", text = "Hello!" })).ExpectInvalid("shortcut");
        (await dana.PostAsync(Path, new { shortcut = "hi", text = "Hi!" })).Expect(HttpStatusCode.Created);

        Assert.Equal([("hi", "Hi!")], await ListAsync(dana));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Hi")]
    [InlineData("with space")]
    [InlineData("hi\n")]
    [InlineData("ä")]
    [InlineData("123456789012345678901234567890123")]
    [InlineData(null)]
    public async Task A_shortcut_is_1_to_32_of_small_letters_digits_and_hyphens(string? shortcut)
    {
        (await Desk.Operator().PostAsync(Path, new { shortcut, text = "Hi!" })).ExpectInvalid("shortcut");
        (await Desk.Operator().PostAsync(Path, new { shortcut = new string('a', 32), text = "Hi!" })).Expect(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("bell\u0007")]
    [InlineData("{{visitor.email}}")]
    [InlineData("{{visitor.name }}")]
    [InlineData("Dear {{visitor.name}}, {{ }}")]
    [InlineData("{{}}")]
    [InlineData(null)]
    public async Task A_text_holds_what_a_message_may_and_no_other_placeholders(string? text)
    {
        var dana = Desk.Operator();
        await dana.PostAsync(Path, new { shortcut = "kept", text = "{ {{visitor.name}} }" });

        (await dana.PostAsync(Path, new { shortcut = "hi", text })).ExpectInvalid("text");
        (await dana.PutAsync($"{Path}/kept", new { text })).ExpectInvalid("text");

        Assert.Equal([("kept", "{ {{visitor.name}} }")], await ListAsync(dana));
    }

    private static async Task<IReadOnlyList<(string, string)>> ListAsync(DeskCaller reader) =>
        [.. (await reader.GetAsync(Path)).Expect(HttpStatusCode.OK)["cannedReplies"]!.AsArray().Select(r => ((string)r!["shortcut"]!, (string)r["text"]!))];
}
