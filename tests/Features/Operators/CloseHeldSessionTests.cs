using System.Net;
using System.Text;

namespace Intotes.Chat.Tests.Features.Operators;

public sealed class CloseHeldSessionTests(ChatNodes nodes)
{
    [Fact]
    public async Task Ends_the_conversation_for_both_sides_and_once()
    {
        var (visitor, dana, session) = await TalkAsync();
        var before = (string?)(await visitor.GetAsync("chat/history"))["cursor"];
        var waiting = visitor.GetAsync($"chat/poll?after={before}&wait=20");

        var closed = (await dana.PostAsync($"operator/sessions/{session}/close", new { reason = "Solved" })).Expect(HttpStatusCode.OK);
        Assert.Equal((session, "closed"), ((string?)closed["sessionId"], (string?)closed["status"]));
        Assert.NotNull(closed["closedAt"]);
        Assert.Null(closed["leaseSeconds"]);

        var poll = await waiting;
        Assert.Equal("closed", (string?)poll["status"]);
        var entry = Assert.Single(poll["messages"]!.AsArray())!;
        Assert.Equal(("system", "closed"), ((string?)entry["sender"], (string?)entry["event"]));
        Assert.Contains("Dana", (string)entry["text"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("Solved", (await visitor.GetAsync("chat/history")).Body!.ToJsonString(), StringComparison.Ordinal);

        var again = (await dana.PostAsync($"operator/sessions/{session}/close")).Expect(HttpStatusCode.OK);
        Assert.Equal((string?)closed["closedAt"], (string?)again["closedAt"]);
        Assert.Equal((string?)entry["id"], (string?)(await visitor.GetAsync("chat/history"))["cursor"]);
    }

    [Fact]
    public async Task Moves_the_session_to_the_closed_ones_and_makes_room()
    {
        var (_, dana, session) = await TalkAsync();

        await dana.PostAsync($"operator/sessions/{session}/close");

        Assert.Empty((await dana.GetAsync("operator/sessions"))["sessions"]!.AsArray());
        Assert.Empty((await dana.GetAsync("operator/sessions?state=active"))["sessions"]!.AsArray());
        Assert.Equal(session, (string?)Assert.Single((await dana.GetAsync("operator/sessions?state=closed"))["sessions"]!.AsArray())!["sessionId"]);
    }

    [Fact]
    public async Task Nobody_writes_any_more_but_what_was_stored_is_found()
    {
        var (visitor, dana, session) = await TalkAsync();
        var sent = await dana.SayAsync("Goodbye.", "goodbye", session);
        await dana.PostAsync($"operator/sessions/{session}/close");

        (await dana.SayAsync("One more thing", sessionId: session)).ExpectProblem(409, "session_closed");
        (await visitor.SayAsync("Wait!")).ExpectProblem(409, "session_closed");
        (await visitor.CallOperatorAsync()).ExpectProblem(409, "session_closed");
        Assert.Equal((string?)sent["id"], (string?)(await dana.SayAsync("Goodbye.", "goodbye", session)).Expect(HttpStatusCode.OK)["id"]);
    }

    [Fact]
    public async Task Only_who_has_the_session_writes_and_ends_it()
    {
        var (visitor, dana, session) = await TalkAsync();

        foreach (var stranger in new[] { ChatClient.Operator(nodes), ChatClient.Operator(nodes, role: "supervisor") })
        {
            (await stranger.PostAsync($"operator/sessions/{session}/close")).ExpectProblem(403, "not_assigned");
            (await stranger.SayAsync("I am Dana.", sessionId: session)).ExpectProblem(403, "not_assigned");
            (await stranger.GetAsync($"chat/history?sessionId={session}")).ExpectProblem(403, "not_assigned");
            (await stranger.GetAsync($"chat/poll?sessionId={session}")).ExpectProblem(403, "not_assigned");
        }

        Assert.Equal("active", (string?)(await visitor.GetAsync("chat/poll"))["status"]);
        (await dana.SayAsync("Still here", sessionId: session)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_session_that_waits_or_does_not_exist_is_not_the_operators_to_end()
    {
        var visitor = ChatClient.Anonymous(nodes);
        var session = (string)(await visitor.OpenAsync())["sessionId"]!;
        await visitor.CallOperatorAsync();
        var dana = ChatClient.Operator(nodes);

        (await dana.PostAsync($"operator/sessions/{session}/close")).ExpectProblem(403, "not_assigned");
        (await dana.PostAsync("operator/sessions/AAAAAAAAAAAAAAAAAAAAAA/close")).ExpectProblem(403, "not_assigned");
        Assert.Equal("waiting", (string?)(await visitor.GetAsync("chat/poll"))["status"]);
    }

    [Fact]
    public async Task A_visitor_and_an_operator_that_end_it_at_once_leave_one_entry()
    {
        for (var round = 0; round < 10; round++)
        {
            var (visitor, dana, session) = await TalkAsync();

            var answers = await Task.WhenAll(visitor.PostAsync("chat/session/close"), dana.PostAsync($"operator/sessions/{session}/close"));

            Assert.All(answers, answer => Assert.Equal("closed", (string?)answer.Expect(HttpStatusCode.OK)["status"]));
            Assert.Single((await visitor.GetAsync("chat/history"))["messages"]!.AsArray(), message => (string?)message!["event"] == "closed");
            Assert.Single((await dana.GetAsync("operator/sessions?state=closed"))["sessions"]!.AsArray());
        }
    }

    [Theory]
    [InlineData("\"line one\\nline two\"")]
    [InlineData("\"too long\"")]
    [InlineData("1")]
    public async Task A_wrong_reason_is_named_and_nothing_ends(string reason)
    {
        var (visitor, dana, session) = await TalkAsync();
        var json = $$"""{ "reason": {{(reason == "\"too long\"" ? $"\"{new string('r', 501)}\"" : reason)}} }""";

        (await dana.SendAsync(HttpMethod.Post, $"operator/sessions/{session}/close", new StringContent(json, Encoding.UTF8, "application/json"))).ExpectInvalid("reason");

        Assert.Equal("active", (string?)(await visitor.GetAsync("chat/poll"))["status"]);
    }

    private async Task<(ChatClient Visitor, ChatClient Operator, string Session)> TalkAsync()
    {
        var visitor = ChatClient.Anonymous(nodes);
        var session = (string)(await visitor.OpenAsync())["sessionId"]!;
        await visitor.CallOperatorAsync();
        var dana = ChatClient.Operator(nodes);
        (await dana.PostAsync("operator/calls/claim", new { sessionId = session })).Expect(HttpStatusCode.OK);
        return (visitor, dana, session);
    }
}
