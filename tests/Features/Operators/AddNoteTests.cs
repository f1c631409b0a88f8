using System.Net;
using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(DeskNodes))]
public sealed class AddNoteTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task Notes_are_kept_in_order_for_operators_and_hidden_from_the_visitor()
    {
        var dana = Desk.Operator(name: "Dana");
        var call = await Desk.CallHeldByAsync(dana);

        var note = (await AddAsync(dana, call, "  knows a lot\r\nabout margin ")).Expect(HttpStatusCode.Created);
        await AddAsync(dana, call, "second");

        Assert.Equal(("note", "knows a lot\nabout margin"), ((string?)note["what"], (string?)note["text"]));
        Assert.Equal((dana.Id, "Dana"), ((string?)note["operator"]!["id"], (string?)note["operator"]!["name"]));
        var kept = await NotesAsync(dana, call.SessionId);
        Assert.Equal(["knows a lot\nabout margin", "second"], kept.Select(n => (string?)n["text"]));
        Assert.Equal(((string?)note["id"], (string?)note["at"]), ((string?)kept[0]["id"], (string?)kept[0]["at"]));
        var seen = await AllThatTheVisitorSeesAsync(call.Visitor);
        Assert.DoesNotContain("margin", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("second", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("margin", (await dana.GetAsync($"chat/history?sessionId={call.SessionId}")).Body!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_a_call_waits_any_operator_may_add_to_it()
    {
        var call = await Desk.CallAsync();

        (await AddAsync(Desk.Operator(), call, "from one")).Expect(HttpStatusCode.Created);
        (await AddAsync(Desk.Operator(), call, "from another")).Expect(HttpStatusCode.Created);

        Assert.Equal(["from one", "from another"], (await NotesAsync(Desk.Operator(), call.SessionId)).Select(n => (string?)n["text"]));
    }

    [Fact]
    public async Task Once_it_is_closed_its_last_operator_may_still_add()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        await call.Visitor.PostAsync("chat/session/close");

        (await AddAsync(dana, call, "call back")).Expect(HttpStatusCode.Created);
        (await AddAsync(Desk.Operator(), call, "me too")).ExpectProblem(404, "session_not_found");

        Assert.Equal("call back", (string?)Assert.Single(await NotesAsync(dana, call.SessionId))["text"]);
    }

    [Fact]
    public async Task A_session_of_another_operator_is_as_unknown_as_one_that_never_was()
    {
        var (dana, eli) = (Desk.Operator(), Desk.Operator());
        var call = await Desk.CallHeldByAsync(dana);

        (await AddAsync(eli, call, "peek")).ExpectProblem(404, "session_not_found");
        (await eli.PostAsync("operator/sessions/q0mJ3mX0T0m2cKk0aXb1Zw/notes", new { text = "peek" })).ExpectProblem(404, "session_not_found");
        (await AddAsync(Desk.Supervisor(), call, "supervised")).Expect(HttpStatusCode.Created);

        Assert.Equal("supervised", (string?)Assert.Single(await NotesAsync(dana, call.SessionId))["text"]);
    }

    [Fact]
    public async Task The_text_is_held_to_the_rules_of_messages()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);

        foreach (var text in (string?[])[null, "", " \n ", "bell\u0007", "c1\u0085here", new string('x', 4001)])
        {
            (await AddAsync(dana, call, text)).ExpectInvalid("text");
        }

        (await AddAsync(dana, call, new string('x', 4000))).Expect(HttpStatusCode.Created);
        Assert.Single(await NotesAsync(dana, call.SessionId));
    }

    [Fact]
    public async Task What_is_recorded_of_blocks_counts_and_is_left_out_of_a_full_session_so_that_no_note_goes()
    {
        var dana = Desk.Operator(name: "Dana");
        var call = await Desk.CallHeldByAsync(dana);
        var (session, notes) = ((RedisKey)Keys.Session(call.SessionId), Keys.OfSession(call.SessionId)[4]);
        (await AddAsync(dana, call, "first")).Expect(HttpStatusCode.Created);
        await dana.PostAsync($"operator/sessions/{call.SessionId}/block", new { minutes = 5 });
        var bytes = 5 + 4 + 250 + "for 5 minutesDana".Length + 250;
        for (var i = 0; i < 1998; i++)
        {
            await Desk.Database.StreamAddAsync(notes, [new("what", "customer_seen"), new("operator", dana.Id), new("name", "Dana"), new("text", ""), new("request", i)]);
        }

        (await AddAsync(dana, call, "no room")).ExpectProblem(409, "session_full");
        (await dana.PostAsync($"operator/sessions/{call.SessionId}/transfer", new { department = "billing", note = "no room" })).ExpectProblem(409, "session_full");
        (await dana.PostAsync($"operator/sessions/{call.SessionId}/block", new { minutes = 0 })).Expect(HttpStatusCode.NoContent);

        Assert.Equal(bytes, (long)await Desk.Database.HashGetAsync(session, "note_bytes"));
        Assert.Equal(2000, await Desk.Database.StreamLengthAsync(notes));
        Assert.Equal("first", (string?)(await Desk.Database.StreamRangeAsync(notes, count: 1))[0]["text"]);
    }

    private static Task<Answer> AddAsync(DeskCaller by, DeskCall call, string? text) => by.PostAsync($"operator/sessions/{call.SessionId}/notes", new { text });
}
