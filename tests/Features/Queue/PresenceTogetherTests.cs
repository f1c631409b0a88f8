using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Features.Operators;

namespace Intotes.Chat.Tests.Features.Queue;

/// <summary>What operators set in several calls at the same time, and what they do again because an answer was lost.</summary>
[Collection(nameof(DeskNodes))]
public sealed class PresenceTogetherTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task Fields_that_are_set_at_the_same_time_do_not_undo_each_other()
    {
        var dana = Desk.Operator();
        await dana.PutAsync("operator/presence", new { status = "online", capacity = 50, departments = Array.Empty<string>() });
        for (var round = 1; round <= 20; round++)
        {
            var (status, departments) = round % 2 == 0 ? ("online", new[] { "support" }) : ("away", ["billing"]);
            await Task.WhenAll(
                dana.PutAsync("operator/presence", new { status }), dana.PutAsync("operator/presence", new { capacity = round }), dana.PutAsync("operator/presence", new { departments }));

            var now = await dana.PutAsync("operator/presence", new { });
            Assert.Equal((status, round, departments[0]), ((string?)now["status"], (int)now["capacity"]!, (string?)now["departments"]!.AsArray().Single()));
        }
    }

    [Theory]
    [InlineData(0, "unblocked", "")]
    [InlineData(1, "blocked", "for 1 minute")]
    [InlineData(30, "blocked", "for 30 minutes")]
    public async Task The_notes_say_of_a_block_what_was_done(int minutes, string what, string text)
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);

        (await dana.PostAsync($"operator/sessions/{call.SessionId}/block", new { minutes })).Expect(HttpStatusCode.NoContent);

        JsonNode note = Assert.Single(await NotesAsync(dana, call.SessionId));
        Assert.Equal((what, text), (What(note), (string?)note["text"]));
    }

    [Fact]
    public async Task A_deletion_of_a_canned_reply_may_be_repeated_and_one_of_nothing_is_not_found()
    {
        var (dana, eli) = (Desk.Operator(), Desk.Operator());
        (await dana.PostAsync("operator/canned-replies", new { shortcut = "bye", text = "Bye." })).Expect(HttpStatusCode.Created);

        for (var i = 0; i < 3; i++)
        {
            (await dana.DeleteAsync("operator/canned-replies/bye")).Expect(HttpStatusCode.NoContent);
        }

        (await dana.DeleteAsync("operator/canned-replies/none")).ExpectProblem(404, "not_found");
        (await eli.PostAsync("operator/canned-replies", new { shortcut = "bye", text = "Goodbye." })).Expect(HttpStatusCode.Created);
        Assert.Equal("Goodbye.", (string?)Assert.Single((await eli.GetAsync("operator/canned-replies"))["cannedReplies"]!.AsArray())!["text"]);
        (await dana.DeleteAsync("operator/canned-replies/bye")).Expect(HttpStatusCode.NoContent);
    }
}
