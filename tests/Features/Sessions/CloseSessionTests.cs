using System.Net;

namespace Intotes.Chat.Tests.Features.Sessions;

public sealed class CloseSessionTests(ChatNodes nodes)
{
    [Fact]
    public async Task The_visitor_ends_the_conversation_and_ending_it_again_changes_nothing()
    {
        var visitor = ChatClient.Anonymous(nodes);
        var opened = await visitor.OpenAsync();
        await visitor.SayAsync("Never mind.");

        for (var i = 0; i < 3; i++)
        {
            var closed = (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
            Assert.Equal(((string?)opened["sessionId"], "closed"), ((string?)closed["sessionId"], (string?)closed["status"]));
            Assert.Equal((string?)opened["createdAt"], (string?)closed["createdAt"]);
        }

        var messages = (await visitor.GetAsync("chat/history"))["messages"]!.AsArray();
        Assert.Equal([null, "closed"], messages.Select(message => (string?)message!["event"]));
        Assert.Equal("system", (string?)messages[1]!["sender"]);
    }

    [Fact]
    public async Task Twenty_closings_at_once_leave_one_entry()
    {
        var visitor = ChatClient.Anonymous(nodes);
        await visitor.OpenAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => visitor.PostAsync("chat/session/close")));

        Assert.All(answers, answer => Assert.Equal("closed", (string?)answer.Expect(HttpStatusCode.OK)["status"]));
        Assert.Single((await visitor.GetAsync("chat/history"))["messages"]!.AsArray());
    }

    [Fact]
    public async Task A_closed_session_takes_no_message_but_is_still_read()
    {
        var visitor = ChatClient.Anonymous(nodes);
        await visitor.OpenAsync();
        var sent = await visitor.SayAsync("Kept", "kept");
        await visitor.PostAsync("chat/session/close");

        (await visitor.SayAsync("Too late")).ExpectProblem(409, "session_closed");
        Assert.Equal((string?)sent["id"], (string?)(await visitor.SayAsync("Kept", "kept")).Expect(HttpStatusCode.OK)["id"]);
        foreach (var poll in await visitor.GetFromEachAsync(nodes, $"chat/poll?after={sent["id"]}&wait=20"))
        {
            Assert.Equal("closed", (string?)poll["status"]);
            Assert.Equal("closed", (string?)Assert.Single(poll["messages"]!.AsArray())!["event"]);
        }

        var upToDate = await visitor.GetAsync($"chat/poll?wait=20&after={(await visitor.GetAsync("chat/history"))["cursor"]}");
        Assert.Equal(("closed", 0), ((string?)upToDate["status"], upToDate["messages"]!.AsArray().Count));
        Assert.InRange((int)upToDate["nextPollMs"]!, 1, int.MaxValue);
    }

    [Fact]
    public async Task The_operators_session_moves_to_its_closed_ones()
    {
        var (visitor, session) = await CallAsync();
        var dana = ChatClient.Operator(nodes);
        await dana.PostAsync("operator/calls/claim", new { sessionId = session });
        Assert.Equal([session], await IdsAsync(dana, "operator/sessions", "sessions"));

        await visitor.PostAsync("chat/session/close");

        Assert.Empty(await IdsAsync(dana, "operator/sessions", "sessions"));
        Assert.Equal([session], await IdsAsync(dana, "operator/sessions?state=closed", "sessions"));
        (await dana.SayAsync("One more thing", sessionId: session)).ExpectProblem(409, "session_closed");
        var poll = await dana.GetAsync($"chat/poll?after=0-0&sessionId={session}");
        Assert.Equal("closed", (string?)poll["status"]);
    }

    [Fact]
    public async Task An_account_closes_for_all_its_devices()
    {
        var user = ChatClient.NewId("user");
        await ChatClient.Account(nodes, user).OpenAsync();

        (await ChatClient.Account(nodes, user).PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);

        foreach (var poll in await ChatClient.Account(nodes, user).GetFromEachAsync(nodes, "chat/poll?after=0-0"))
        {
            Assert.Equal("closed", (string?)poll["status"]);
        }
    }

    [Fact]
    public async Task Operators_close_by_their_own_address()
    {
        (await ChatClient.Operator(nodes).PostAsync("chat/session/close")).ExpectProblem(403, "forbidden");
    }

    private async Task<(ChatClient Visitor, string Session)> CallAsync()
    {
        var visitor = ChatClient.Anonymous(nodes);
        var session = (string)(await visitor.OpenAsync())["sessionId"]!;
        await visitor.CallOperatorAsync();
        return (visitor, session);
    }

    private static async Task<IEnumerable<string?>> IdsAsync(ChatClient @operator, string path, string list) =>
        (await @operator.GetAsync(path))[list]!.AsArray().Select(item => (string?)item!["sessionId"]);
}
