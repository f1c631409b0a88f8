using System.Net;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Operators;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>Indexes that outlive what they point to: a pointer to what is gone counts as none, and nobody is answered 500 for it.</summary>
[Collection(nameof(DeskNodes))]
public sealed class StaleIndexTests(DeskNodes desk) : DeskTest(desk)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_whose_entry_is_gone_is_stored_anew_under_its_client_id(bool ofOperator)
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        var (sender, stream) = (ofOperator ? dana : call.Visitor, Keys.Messages(call.SessionId));
        var first = (string)(await SayAsync("Hello")).Expect(HttpStatusCode.Created)["id"]!;
        Assert.Equal(1, await Desk.Database.StreamDeleteAsync(stream, [first]));

        var again = (string)(await SayAsync("Hello")).Expect(HttpStatusCode.Created)["id"]!;

        Assert.NotEqual(first, again);
        Assert.Equal(again, (string?)(await SayAsync("Hello")).Expect(HttpStatusCode.OK)["id"]);
        (await SayAsync("Something else")).ExpectProblem(409, "client_message_id_reused");
        Assert.Single((await call.Visitor.PollAsync())["messages"]!.AsArray(), message => (string?)message!["text"] == "Hello");

        Task<Answer> SayAsync(string text) => sender.PostAsync("chat/message", new { text, clientMessageId = "m1", sessionId = ofOperator ? call.SessionId : null });
    }

    [Fact]
    public async Task Read_marks_cursors_and_pages_at_entries_that_are_gone_are_served()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        var gone = (string)(await call.Visitor.SayAsync("gone"))["id"]!;
        await call.Visitor.GetAsync("chat/poll");
        await Desk.Database.StreamDeleteAsync(Keys.Messages(call.SessionId), [gone]);

        (await dana.PostAsync("chat/read", new { upTo = gone, sessionId = call.SessionId })).Expect(HttpStatusCode.NoContent);
        (await call.Visitor.SayAsync("next")).Expect(HttpStatusCode.Created);
        foreach (var path in (string[])[$"chat/poll?after={gone}", "chat/poll", $"chat/history?before={gone}&limit=5", "chat/history", "chat/session/transcript"])
        {
            (await call.Visitor.GetAsync(path)).Expect(HttpStatusCode.OK);
        }
    }

    [Theory]
    [InlineData(":messages", ":sent", ":notes")]
    [InlineData("")]
    [InlineData("", ":messages", ":sent", ":notes")]
    public async Task Lists_that_name_sessions_of_which_keys_are_gone_are_answered(params string[] suffixes)
    {
        var (dana, sue, account) = (Desk.Operator(), Desk.Supervisor(), Desk.Account());
        var closed = await Desk.CallHeldByAsync(dana, visitor: account);
        await dana.PostAsync($"operator/sessions/{closed.SessionId}/close");
        var held = await Desk.CallHeldByAsync(dana, visitor: account);
        var waiting = await Desk.CallAsync();
        foreach (var session in (string[])[closed.SessionId, held.SessionId, waiting.SessionId])
        {
            foreach (var suffix in suffixes)
            {
                await Desk.Database.KeyDeleteAsync(Keys.Session(session) + suffix);
            }
        }

        foreach (var who in (DeskCaller[])[dana, sue])
        {
            foreach (var path in (string[])
            [
                "operator/sessions", "operator/sessions?state=waiting", "operator/sessions?state=active", "operator/sessions?state=closed", "operator/calls", "operator/poll",
                "operator/stats", "operator/operators", $"operator/sessions/{held.SessionId}", $"operator/sessions/{closed.SessionId}", $"operator/sessions/{waiting.SessionId}",
            ])
            {
                Served(await who.GetAsync(path), path);
            }

            foreach (var path in (string[])["operator/calls/claim", $"operator/sessions/{held.SessionId}/release", $"operator/sessions/{held.SessionId}/close"])
            {
                Served(await who.PostAsync(path), path);
            }
        }

        foreach (var who in (DeskCaller[])[account, waiting.Visitor])
        {
            foreach (var path in (string[])["chat/poll", "chat/poll?after=0-0", "chat/history", "chat/session/transcript", "chat/availability"])
            {
                Served(await who.GetAsync(path), path);
            }

            Served(await who.SayAsync("Hello?"), "message");
            Served(await who.PostAsync("chat/session/call-operator"), "call-operator");
            Served(await who.OpenAsync(), "session");
            Served(await who.DeleteAsync("chat/session"), "erase");
        }

        static void Served(Answer answer, string what) => Assert.True((int)answer.Status < 500, $"{what}: {(int)answer.Status} {answer.Body?.ToJsonString()}");
    }
}
