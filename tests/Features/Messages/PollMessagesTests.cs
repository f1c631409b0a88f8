using System.Net;

namespace Intotes.Chat.Tests.Features.Messages;

public sealed class PollMessagesTests(PrivateNodes own) : IClassFixture<PrivateNodes>
{
    private ChatNodes Nodes => own.Nodes;

    [Fact]
    public async Task A_poll_says_how_the_session_stands_from_the_beginning_to_the_end()
    {
        var (visitor, @operator) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes, name: "Dana"));

        var open = await visitor.PollAsync();
        Assert.Equal("open", (string?)open["status"]);
        Assert.Equal("0-0", (string?)open["cursor"]);
        Assert.Null(open["operator"]);
        Assert.Null(open["queue"]);
        Assert.False((bool)open["typing"]!);

        (await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        var waiting = await visitor.PollAsync();
        Assert.Equal("waiting", (string?)waiting["status"]);
        Assert.Equal(["operator_called"], waiting.Events());
        Assert.Null(waiting["operator"]);
        Assert.True((int)waiting["queue"]!["position"]! >= 1);
        Assert.True((int)waiting["queue"]!["waiting"]! >= (int)waiting["queue"]!["position"]!);
        Assert.True(waiting["queue"]!.AsObject().ContainsKey("estimatedWaitSeconds"));

        var sessionId = await visitor.ServeAsync(@operator);
        var active = await visitor.PollAsync();
        Assert.Equal("active", (string?)active["status"]);
        Assert.Equal(["operator_joined"], active.Events());
        Assert.Equal("Dana", (string?)active["operator"]!["name"]);
        Assert.Null(active["queue"]);

        (await @operator.PostAsync($"operator/sessions/{sessionId}/close")).Expect(HttpStatusCode.OK);
        var closed = await visitor.PollAsync();
        Assert.Equal("closed", (string?)closed["status"]);
        Assert.Equal(["closed"], closed.Events());
        Assert.Equal("closed", (string?)(await visitor.PollAsync())["status"]);
    }

    [Fact]
    public async Task A_limit_leaves_the_rest_for_the_next_poll_which_may_come_at_once()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var ids = await Nodes.StoreAsync(visitor, 7);

        foreach (var kept in (bool[])[true, false])
        {
            var (found, cursor) = (new List<string>(), "0-0");
            for (var more = true; more;)
            {
                var poll = await visitor.PollAsync(kept ? "?limit=3" : $"?limit=3&after={cursor}");
                found.AddRange(poll.Ids());
                cursor = (string)poll["cursor"]!;
                Assert.Equal(found[^1], cursor);
                more = found.Count < ids.Count;
                Assert.Equal(more, (int)poll["nextPollMs"]! == 0);
                Assert.Equal(more ? 3 : 1, poll.Messages().Count);
            }

            Assert.Equal(ids, found);
        }

        Assert.NotEqual(0, (int)(await visitor.PollAsync("?limit=7&after=0-0"))["nextPollMs"]!);
    }

    [Fact]
    public async Task One_poll_gives_200_messages_unless_it_asks_for_another_number_up_to_500()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var ids = await Nodes.StoreAsync(visitor, 501);

        Assert.Equal(ids.Take(200), (await visitor.PollAsync("?after=0-0")).Ids());
        Assert.Equal(ids.Take(500), (await visitor.PollAsync("?limit=500&after=0-0")).Ids());
        Assert.Equal(ids.Take(1), (await visitor.PollAsync("?limit=1&after=0-0")).Ids());
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=501", "limit")]
    [InlineData("limit=-5", "limit")]
    [InlineData("limit=many", "limit")]
    [InlineData("wait=0", "wait")]
    [InlineData("wait=26", "wait")]
    [InlineData("wait=-1", "wait")]
    [InlineData("wait=1.5", "wait")]
    [InlineData("wait=99999999999", "wait")]
    [InlineData("wait=forever", "wait")]
    public async Task What_cannot_be_asked_for_is_named_and_takes_nothing_away(string query, string field)
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var ids = await Nodes.StoreAsync(visitor, 1);

        (await visitor.GetAsync("chat/poll?" + query)).ExpectInvalid(field);

        Assert.Equal(ids, (await visitor.PollAsync()).Ids());
    }

    [Fact]
    public async Task The_next_poll_may_come_sooner_the_more_is_going_on()
    {
        var (visitor, @operator) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes));
        var open = await PacesAsync();
        var sessionId = await visitor.ServeAsync(@operator);
        var active = await PacesAsync();
        (await @operator.PostAsync($"operator/sessions/{sessionId}/close")).Expect(HttpStatusCode.OK);
        var closed = await PacesAsync();

        Assert.True(active.Min() < open.Min() && open.Min() < closed.Min(), $"active {active.Min()}, open {open.Min()}, closed {closed.Min()}");
        Assert.True(active.Min() >= 500, $"{active.Min()} ms burden the service");
        Assert.All((List<int>[])[open, active, closed], paces => Assert.True(paces.Distinct().Count() > 1, "all clients march in step"));

        // The shortest of many counts, for a node that is busy with other tests asks for more time.
        async Task<List<int>> PacesAsync()
        {
            var paces = new List<int>();
            while (paces.Count < 20)
            {
                paces.Add((int)(await visitor.PollAsync("?after=0-0"))["nextPollMs"]!);
            }

            return paces;
        }
    }

    [Fact]
    public async Task A_closed_session_is_still_polled_but_only_until_a_new_one_takes_its_place()
    {
        var account = ChatClient.Account(Nodes, ChatClient.NewId("user"));
        (await account.OpenAsync()).Expect(HttpStatusCode.Created);
        (await account.SayAsync("Hello")).Expect(HttpStatusCode.Created);
        (await account.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);

        var closed = await account.PollAsync();
        Assert.Equal("closed", (string?)closed["status"]);
        Assert.Equal([null, "closed"], closed.Events());
        Assert.Equal(closed.Ids(), (await account.HistoryAsync()).Ids());

        (await account.OpenAsync()).Expect(HttpStatusCode.Created);
        foreach (var _ in Nodes.Addresses)
        {
            var fresh = await account.PollAsync("?after=0-0");
            Assert.Equal("open", (string?)fresh["status"]);
            Assert.Empty(fresh.Messages());
        }
    }

    [Fact]
    public async Task Nobody_polls_without_a_credential_or_a_session()
    {
        var stranger = ChatClient.Anonymous(Nodes);
        (await stranger.GetAsync("chat/poll")).ExpectProblem(404, "session_not_found");
        stranger.SessionToken = new string('A', 22) + "." + new string('A', 43);
        (await stranger.GetAsync("chat/poll?wait=25")).ExpectProblem(401, "invalid_session_token");
        (await ChatClient.Account(Nodes, ChatClient.NewId("user")).GetAsync("chat/poll?wait=25")).ExpectProblem(404, "session_not_found");
    }
}
