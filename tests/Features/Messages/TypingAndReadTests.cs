using System.Net;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>What each side shows the other besides messages.</summary>
public sealed class TypingAndReadTests(ChatNodes nodes)
{
    [Fact]
    public async Task The_other_side_sees_who_is_writing_and_the_writer_does_not()
    {
        var (visitor, dana, session) = await TalkingAsync();

        (await dana.PostAsync("chat/typing", new { typing = true })).Expect(HttpStatusCode.NoContent);
        Assert.True((bool)(await visitor.GetAsync("chat/poll?after=0-0"))["typing"]!);
        Assert.False((bool)(await dana.GetAsync($"chat/poll?after=0-0&sessionId={session}"))["typing"]!);

        (await dana.PostAsync("chat/typing", new { typing = false, sessionId = session })).Expect(HttpStatusCode.NoContent);
        Assert.False((bool)(await visitor.GetAsync("chat/poll?after=0-0"))["typing"]!);
    }

    [Fact]
    public async Task What_was_read_goes_never_backwards_and_never_beyond_what_there_is()
    {
        var (visitor, dana, _) = await TalkingAsync();
        var first = (string)(await visitor.SayAsync("One"))["id"]!;
        var second = (string)(await visitor.SayAsync("Two"))["id"]!;

        await dana.PostAsync("chat/read", new { upTo = "18446744073709551615-0" });
        Assert.Equal(second, (string?)(await visitor.GetAsync("chat/history"))["readUpTo"]);
        await dana.PostAsync("chat/read", new { upTo = first });
        Assert.Equal(second, (string?)(await visitor.GetAsync("chat/history"))["readUpTo"]);
        Assert.Null((await dana.GetAsync("chat/history"))["readUpTo"]);
    }

    [Fact]
    public async Task What_is_not_valid_or_not_the_callers_is_refused()
    {
        var (visitor, dana, session) = await TalkingAsync();
        (await visitor.PostAsync("chat/typing", new { })).ExpectInvalid("typing");
        (await visitor.PostAsync("chat/typing", new { typing = "yes" })).ExpectInvalid("typing");
        (await visitor.PostAsync("chat/read", new { })).ExpectInvalid("upTo");
        (await visitor.PostAsync("chat/read", new { upTo = "abc" })).ExpectProblem(400, "invalid_cursor");
        (await ChatClient.Operator(nodes).PostAsync("chat/typing", new { typing = true, sessionId = session })).ExpectProblem(403, "not_assigned");
        (await ChatClient.Operator(nodes).PostAsync("chat/read", new { upTo = "0-0", sessionId = session })).ExpectProblem(403, "not_assigned");

        await dana.PostAsync($"operator/sessions/{session}/close");
        (await visitor.PostAsync("chat/typing", new { typing = true })).ExpectProblem(409, "session_closed");
        (await visitor.PostAsync("chat/read", new { upTo = "0-0" })).Expect(HttpStatusCode.NoContent);
    }

    private async Task<(ChatClient Visitor, ChatClient Dana, string Session)> TalkingAsync()
    {
        var (visitor, dana) = (ChatClient.Anonymous(nodes), ChatClient.Operator(nodes));
        var session = (string)(await visitor.OpenAsync())["sessionId"]!;
        await visitor.CallOperatorAsync();
        (await dana.PostAsync("operator/calls/claim", new { sessionId = session })).Expect(HttpStatusCode.OK);
        return (visitor, dana, session);
    }
}
