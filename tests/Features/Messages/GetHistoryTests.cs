using System.Net;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Features.Messages;

public sealed class GetHistoryTests(PrivateNodes own) : IClassFixture<PrivateNodes>
{
    private ChatNodes Nodes => own.Nodes;

    [Fact]
    public async Task A_new_session_has_an_empty_history()
    {
        var visitor = ChatClient.Anonymous(Nodes);
        var opened = (await visitor.OpenAsync()).Expect(HttpStatusCode.Created);

        var history = await visitor.HistoryAsync();

        Assert.Equal((string?)opened["sessionId"], (string?)history["sessionId"]);
        Assert.Equal("open", (string?)history["status"]);
        Assert.Empty(history.Messages());
        Assert.Equal("0-0", (string?)history["cursor"]);
        Assert.False((bool)history["hasMore"]!);
        Assert.Empty((await visitor.HistoryAsync("?limit=5")).Messages());
    }

    [Fact]
    public async Task The_whole_conversation_comes_oldest_first_with_what_happened_in_between()
    {
        var (visitor, @operator) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes, name: "Dana"));
        var first = (await visitor.SayAsync("Is anybody there?")).Expect(HttpStatusCode.Created);
        var sessionId = await visitor.ServeAsync(@operator);
        var second = (await @operator.SayAsync("I am.", sessionId: sessionId)).Expect(HttpStatusCode.Created);
        (await @operator.PostAsync($"operator/sessions/{sessionId}/close")).Expect(HttpStatusCode.OK);

        var history = await visitor.HistoryAsync();

        Assert.Equal("closed", (string?)history["status"]);
        Assert.Equal([null, "operator_called", "operator_joined", null, "closed"], history.Events());
        Assert.Equal(["visitor", "system", "system", "operator", "system"], history.Messages().Select(m => (string?)m["sender"]));
        Assert.Equal([null, null, null, "Dana", null], history.Messages().Select(m => (string?)m["senderName"]));
        Assert.All(history.Texts(), text => Assert.NotEqual("", text));
        Assert.True(JsonNode.DeepEquals(first.Body, history.Messages()[0]));
        Assert.True(JsonNode.DeepEquals(second.Body, history.Messages()[3]));
        Assert.Equal(history.Ids()[^1], (string?)history["cursor"]);
        Assert.False((bool)history["hasMore"]!);
    }

    [Fact]
    public async Task System_entries_can_be_left_out()
    {
        var (visitor, sent) = await EventfulAsync();

        Assert.Equal(sent, (await visitor.HistoryAsync("?event=false")).Texts());
        Assert.True(JsonNode.DeepEquals((await visitor.HistoryAsync()).Body, (await visitor.HistoryAsync("?event=true")).Body));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(12, true)]
    [InlineData(13, true)]
    [InlineData(14, true)]
    [InlineData(500, true)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(8, false)]
    [InlineData(9, false)]
    [InlineData(10, false)]
    public async Task Pages_backwards_from_the_newest_cover_everything_once(int limit, bool withEvents)
    {
        var (visitor, _) = await EventfulAsync();
        var whole = await visitor.HistoryAsync($"?event={(withEvents ? "true" : "false")}");
        Assert.Equal(withEvents ? 13 : 9, whole.Messages().Count);

        var (ids, pages, before) = (new List<string>(), 0, "");
        for (var more = true; more; pages++)
        {
            var page = await visitor.HistoryAsync($"?limit={limit}&event={withEvents}{before}");
            more = (bool)page["hasMore"]!;
            Assert.Equal(more ? limit : whole.Messages().Count - ids.Count, page.Messages().Count);
            ids.InsertRange(0, page.Ids());
            before = $"&before={page.Ids()[0]}";
        }

        Assert.Equal(whole.Ids(), ids);
        Assert.Equal((whole.Messages().Count + limit - 1) / limit, pages);
    }

    [Fact]
    public async Task Before_without_a_limit_gives_all_that_is_older()
    {
        var (visitor, _) = await EventfulAsync();
        var ids = (await visitor.HistoryAsync()).Ids();

        for (var n = 0; n < ids.Count; n++)
        {
            var older = await visitor.HistoryAsync($"?before={ids[n]}");
            Assert.Equal(ids.Take(n), older.Ids());
            Assert.Equal(n == 0 ? "0-0" : ids[n - 1], (string?)older["cursor"]);
            Assert.False((bool)older["hasMore"]!);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("&limit=10")]
    public async Task Before_the_beginning_there_is_nothing_and_before_the_end_of_time_everything(string limit)
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        await Nodes.StoreAsync(visitor, 3);

        Assert.Empty((await visitor.HistoryAsync("?before=0-0" + limit)).Messages());
        Assert.Empty((await visitor.HistoryAsync("?before=0-1" + limit)).Messages());
        Assert.Equal(3, (await visitor.HistoryAsync($"?before={ulong.MaxValue}-0" + limit)).Messages().Count);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=501", "limit")]
    [InlineData("limit=99999999999", "limit")]
    [InlineData("limit=abc", "limit")]
    [InlineData("limit=1.5", "limit")]
    [InlineData("event=maybe", "event")]
    [InlineData("limit=0&before=abc", "limit")]
    public async Task What_cannot_be_asked_for_is_named(string query, string field)
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);

        (await visitor.GetAsync("chat/history?" + query)).ExpectInvalid(field);
    }

    [Fact]
    public async Task Before_takes_only_a_cursor()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);

        foreach (var text in PollCursorTests.NoCursors)
        {
            (await visitor.GetAsync($"chat/history?before={Uri.EscapeDataString(text)}")).ExpectProblem(400, "invalid_cursor");
        }
    }

    [Fact]
    public async Task Nobody_reads_without_a_credential_or_a_session()
    {
        var stranger = ChatClient.Anonymous(Nodes);
        (await stranger.GetAsync("chat/history")).ExpectProblem(404, "session_not_found");
        stranger.SessionToken = new string('A', 22) + "." + new string('A', 43);
        (await stranger.GetAsync("chat/history")).ExpectProblem(401, "invalid_session_token");
        (await ChatClient.Account(Nodes, ChatClient.NewId("user")).GetAsync("chat/history")).ExpectProblem(404, "session_not_found");
    }

    /// <summary>Nine messages with four system entries among them, one of those at the end.</summary>
    private async Task<(ChatClient Visitor, IReadOnlyList<string> Sent)> EventfulAsync()
    {
        var (visitor, @operator) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes));
        var sent = new List<string>();
        await SayAsync(3);
        (await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        await SayAsync(1);
        await visitor.ServeAsync(@operator);
        await SayAsync(4);
        visitor.Bearer = Jwt.Issue(ChatClient.NewId("user"));
        (await visitor.OpenAsync()).Expect(HttpStatusCode.OK);
        await SayAsync(1);
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        return (visitor, sent);

        async Task SayAsync(int times)
        {
            for (var n = 0; n < times; n++)
            {
                sent.Add($"Message {sent.Count + 1}");
                (await visitor.SayAsync(sent[^1])).Expect(HttpStatusCode.Created);
            }
        }
    }
}
