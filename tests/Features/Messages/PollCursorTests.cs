using System.Net;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>What a poll takes for a cursor, and whose cursor the service keeps.</summary>
public sealed class PollCursorTests(PrivateNodes own) : IClassFixture<PrivateNodes>
{
    /// <summary>What the service never gives as a cursor.</summary>
    public static readonly IReadOnlyList<string> NoCursors =
    [
        "", " ", "abc", "1", "1-", "-1", "-", "+", "$", "*", ">", "-1-0", "1--1", "1-1-1", "(1-1", "+1-0", " 1-0", "1-0 ", "1-0\n", "1 - 0", "1.5-0",
        "1e3-0", "0x1-0", "1_000-0", "1,000-0", "1-a", "a-1", "1-0\0", "١-٠", "１-０", "1\u20130", "0-0\r\nDEL x", "00-0", "0-00", "01-0", "null",
        "99999999999999999999999-0", "18446744073709551616-0", "0-18446744073709551616", "18446744073709551615-18446744073709551615", "' OR 1=1",
    ];

    private ChatNodes Nodes => own.Nodes;

    [Fact]
    public async Task A_cursor_that_the_service_never_gave_is_refused_and_changes_nothing()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        await Nodes.StoreAsync(visitor, 2);

        foreach (var text in NoCursors)
        {
            (await visitor.GetAsync($"chat/poll?after={Uri.EscapeDataString(text)}")).ExpectProblem(400, "invalid_cursor");
            (await visitor.GetAsync($"chat/poll?wait=25&after={Uri.EscapeDataString(text)}")).ExpectProblem(400, "invalid_cursor");
        }

        Assert.Equal(["Message 1", "Message 2"], (await visitor.PollAsync()).Texts());
    }

    [Fact]
    public async Task A_cursor_ahead_of_the_stream_begins_anew_and_ends_where_the_stream_does()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var ids = await Nodes.StoreAsync(visitor, 2);

        foreach (var cursor in (string[])["9999999999999-0", $"{ulong.MaxValue}-0", $"{ulong.MaxValue}-{ulong.MaxValue - 1}"])
        {
            var poll = await visitor.PollAsync($"?after={cursor}");
            Assert.Equal(ids, poll.Ids());
            Assert.Equal(ids[^1], (string?)poll["cursor"]);
        }
    }

    [Fact]
    public async Task After_a_cursor_comes_everything_newer_however_often_it_is_asked()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var ids = await Nodes.StoreAsync(visitor, 5);

        for (var have = 0; have <= ids.Count; have++)
        {
            var cursor = have == 0 ? "0-0" : ids[have - 1];
            for (var time = 0; time < 3; time++)
            {
                var poll = await visitor.PollAsync($"?after={cursor}");
                Assert.Equal(ids.Skip(have), poll.Ids());
                Assert.Equal(ids[^1], (string?)poll["cursor"]);
            }
        }
    }

    [Fact]
    public async Task Without_a_cursor_the_service_remembers_where_the_caller_was_whichever_node_answers()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        Assert.Empty((await visitor.PollAsync()).Messages());
        var ids = await Nodes.StoreAsync(visitor, 3);

        var poll = await visitor.PollAsync();
        Assert.Equal(ids, poll.Ids());
        Assert.Equal(ids[^1], (string?)poll["cursor"]);
        for (var time = 0; time < 3; time++)
        {
            var nothing = await visitor.PollAsync();
            Assert.Empty(nothing.Messages());
            Assert.Equal(ids[^1], (string?)nothing["cursor"]);
        }

        Assert.Equal(ids[^1], (string?)(await visitor.OpenAsync()).Expect(HttpStatusCode.OK)["cursor"]);
        var next = (await visitor.SayAsync("Next")).Expect(HttpStatusCode.Created);
        Assert.Equal([(string)next["id"]!], (await visitor.PollAsync()).Ids());
    }

    [Fact]
    public async Task Concurrent_polls_without_a_cursor_deliver_every_message_to_exactly_one()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var ids = await Nodes.StoreAsync(visitor, 100);

        var polls = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => visitor.PollAsync("?limit=5")));

        Assert.Equal(ids, polls.OrderBy(p => ids.ToList().IndexOf(p.Ids()[0])).SelectMany(p => p.Ids()));
    }

    [Fact]
    public async Task Polls_with_and_without_a_cursor_do_not_disturb_each_other()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var ids = await Nodes.StoreAsync(visitor, 4);

        Assert.Equal(ids.Take(2), (await visitor.PollAsync("?limit=2")).Ids());
        Assert.Equal(ids, (await visitor.PollAsync("?after=0-0")).Ids());
        Assert.Empty((await visitor.PollAsync($"?after={ids[^1]}")).Messages());
        Assert.Equal(ids, (await visitor.HistoryAsync()).Ids());
        Assert.Equal(ids.Skip(2), (await visitor.PollAsync()).Ids());
    }

    [Theory]
    [InlineData("anybody")]
    [InlineData("visitor")]
    [InlineData("with space 'n \"stuff\"")]
    public async Task Visitor_and_operator_have_a_cursor_each(string operatorId)
    {
        var (visitor, @operator) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes, operatorId));
        var sessionId = await visitor.ServeAsync(@operator);
        var all = (await visitor.HistoryAsync()).Ids();

        Assert.Equal(all, (await visitor.PollAsync()).Ids());
        Assert.Equal(all, (await @operator.PollAsync($"?sessionId={sessionId}")).Ids());
        var next = (string)(await @operator.SayAsync("Hello")).Expect(HttpStatusCode.Created)["id"]!;
        Assert.Equal([next], (await @operator.PollAsync()).Ids());
        Assert.Equal([next], (await visitor.PollAsync()).Ids());
        Assert.Empty((await @operator.PollAsync($"?sessionId={sessionId}")).Messages());
        Assert.Empty((await visitor.PollAsync()).Messages());
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
    }
}
