using System.Net;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>Nodes that log what the tests spoil.</summary>
public sealed class SpoiltNodes(ChatNodes shared) : DeskNodes(shared)
{
    protected override bool IsExpected(string line) => line.Contains("Background work was lost", StringComparison.Ordinal) || line.Contains("A periodic task failed", StringComparison.Ordinal);
}

/// <summary>What an answer does not need cannot fail it: every kind of sample, and the note of a look, are in a wrong state here.</summary>
public sealed class UnneededWorkTests(SpoiltNodes desk) : DeskTest(desk), IClassFixture<SpoiltNodes>
{
    [Fact]
    public async Task Samples_in_a_wrong_state_fail_no_answer_and_a_message_is_stored_once()
    {
        foreach (var kind in (string[])["wait", "first-response", "busy", "rating"])
        {
            await Desk.Database.StringSetAsync(Keys.Samples("support", kind), "spoilt");
            await Desk.Database.StringSetAsync(Keys.Samples("billing", kind), "spoilt");
        }

        var (dana, eli) = (Desk.Operator(), Desk.Operator(name: "Eli"));
        await eli.PutAsync("operator/presence", new { status = "online" });
        var call = await Desk.CallAsync();
        (await dana.ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK);
        (await dana.SayAsync("Good morning", call.SessionId)).Expect(HttpStatusCode.Created);
        (await dana.ReleaseAsync(call.SessionId)).Expect(HttpStatusCode.OK);
        (await dana.ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK);
        (await dana.TransferToDepartmentAsync(call.SessionId, "billing")).Expect(HttpStatusCode.OK);
        (await dana.ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK);
        (await dana.TransferToAsync(call.SessionId, eli.Id)).Expect(HttpStatusCode.OK);
        (await eli.PostAsync($"operator/sessions/{call.SessionId}/close")).Expect(HttpStatusCode.OK);
        (await call.Visitor.PostAsync("chat/session/rating", new { score = 5 })).Expect(HttpStatusCode.NoContent);

        Assert.Single((await call.Visitor.PollAsync())["messages"]!.AsArray(), message => (string?)message!["text"] == "Good morning");
        await BackgroundIdleAsync();
        Assert.Equal("spoilt", await Desk.Database.StringGetAsync(Keys.Samples("support", "wait")));
    }

    [Fact]
    public async Task The_note_of_a_look_fails_no_look()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account());
        await Desk.Database.StringSetAsync(Keys.OfSession(call.SessionId)[4], "spoilt");

        (await dana.GetAsync($"operator/sessions/{call.SessionId}/customer")).Expect(HttpStatusCode.OK);

        await BackgroundIdleAsync();
    }
}
