using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Intotes.Chat.Tests.Features.Messages;

public sealed partial class PostMessageTests(ChatNodes nodes)
{
    [Fact]
    public async Task A_message_is_answered_with_all_its_fields_as_history_and_poll_show_it()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        var sent = (await visitor.SayAsync("I have a question about my recent trade.", "q-1")).Expect(HttpStatusCode.Created);

        Assert.Equal("visitor", (string?)sent["sender"]);
        Assert.Null(sent["senderName"]);
        Assert.Equal("I have a question about my recent trade.", (string?)sent["text"]);
        Assert.Equal("q-1", (string?)sent["clientMessageId"]);
        Assert.Null(sent["event"]);
        Assert.Matches(@"^\d+-\d+$", (string?)sent["id"]);
        Assert.Matches(Rfc3339(), (string?)sent["sentAt"]);
        Assert.True(JsonNode.DeepEquals(sent.Body, Assert.Single((await visitor.HistoryAsync()).Messages())));
        Assert.True(JsonNode.DeepEquals(sent.Body, Assert.Single((await visitor.PollAsync("?after=0-0")).Messages())));
    }

    [Fact]
    public async Task Ids_increase_from_message_to_message_whichever_node_takes_them()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        var ids = new List<(ulong, ulong)>();
        for (var n = 0; n < 10; n++)
        {
            var id = ((string)(await visitor.SayAsync("next")).Expect(HttpStatusCode.Created)["id"]!).Split('-');
            ids.Add((ulong.Parse(id[0], null), ulong.Parse(id[1], null)));
        }

        Assert.Equal(ids.Distinct().Order(), ids);
    }

    [Fact]
    public async Task A_message_without_a_client_id_may_say_the_same_again()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        var first = (await visitor.SayAsync("Hello?")).Expect(HttpStatusCode.Created);
        var second = (await visitor.SayAsync("Hello?")).Expect(HttpStatusCode.Created);

        Assert.Null(first["clientMessageId"]);
        Assert.Equal([(string)first["id"]!, (string)second["id"]!], (await visitor.HistoryAsync()).Ids());
    }

    [Fact]
    public async Task A_visitor_is_called_what_it_calls_itself()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes, "Ada");

        Assert.Equal("Ada", (string?)(await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created)["senderName"]);
    }

    [Fact]
    public async Task An_account_is_called_what_its_token_says()
    {
        var account = ChatClient.Account(nodes, ChatClient.NewId("user"), "Grace");
        (await account.OpenAsync(new { name = "Somebody else" })).Expect(HttpStatusCode.Created);

        Assert.Equal("Grace", (string?)(await account.SayAsync("Hello")).Expect(HttpStatusCode.Created)["senderName"]);
    }

    [Fact]
    public async Task Nobody_writes_without_a_credential_or_a_session()
    {
        (await ChatClient.Anonymous(nodes).SayAsync("Hello")).ExpectProblem(404, "session_not_found");
        (await ChatClient.Account(nodes, ChatClient.NewId("user")).SayAsync("Hello")).ExpectProblem(404, "session_not_found");
    }

    [Fact]
    public async Task A_token_that_was_never_issued_writes_nothing()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var forger = ChatClient.Anonymous(nodes);

        foreach (var forged in (string[])["x", visitor.SessionToken![..22], visitor.SessionToken[..^1] + (visitor.SessionToken[^1] == 'A' ? 'E' : 'A')])
        {
            forger.SessionToken = forged;
            (await forger.SayAsync("Hello")).ExpectProblem(401, "invalid_session_token");
        }

        Assert.Empty((await visitor.HistoryAsync()).Messages());
    }

    [Fact]
    public async Task A_closed_session_takes_no_message()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var account = ChatClient.Account(nodes, ChatClient.NewId("user"));
        (await account.OpenAsync()).Expect(HttpStatusCode.Created);

        foreach (var caller in (ChatClient[])[visitor, account])
        {
            (await caller.SayAsync("Before")).Expect(HttpStatusCode.Created);
            (await caller.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);

            (await caller.SayAsync("After")).ExpectProblem(409, "session_closed");
            (await caller.SayAsync("After", "after-1")).ExpectProblem(409, "session_closed");
            Assert.Equal([null, "closed"], (await caller.HistoryAsync()).Events());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("ä")]
    [InlineData("a/b")]
    [InlineData("a:b")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public async Task A_client_id_of_another_form_is_refused(string clientMessageId)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        (await visitor.SayAsync("Hello", clientMessageId)).ExpectInvalid("clientMessageId");

        Assert.Empty((await visitor.HistoryAsync()).Messages());
    }

    [Theory]
    [InlineData("0")]
    [InlineData(".")]
    [InlineData("-")]
    [InlineData("_")]
    [InlineData("AZaz09._-")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234")]
    public async Task A_client_id_of_the_allowed_form_comes_back(string clientMessageId)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        Assert.Equal(clientMessageId, (string?)(await visitor.SayAsync("Hello", clientMessageId)).Expect(HttpStatusCode.Created)["clientMessageId"]);
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
    private static partial Regex Rfc3339();
}
