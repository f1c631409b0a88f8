using System.Diagnostics;
using System.Net;
using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>
/// Polls that wait. Each asks for the longest wait and is expected well before its end, so that only a message or a closure, and no
/// passing of time, can have ended it.
/// </summary>
public sealed class PollWaitTests(PrivateNodes own) : IClassFixture<PrivateNodes>
{
    /// <summary>Generous to a busy machine, and still far from the 25 s of the wait.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);

    private ChatNodes Nodes => own.Nodes;

    [Fact]
    public async Task What_is_there_already_is_answered_without_waiting()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var ids = await Nodes.StoreAsync(visitor, 2);

        Assert.Equal(ids, (await visitor.PollAsync("?wait=25&after=0-0").WaitAsync(AtOnce, TestContext.Current.CancellationToken)).Ids());
        Assert.Equal(ids, (await visitor.PollAsync("?wait=25").WaitAsync(AtOnce, TestContext.Current.CancellationToken)).Ids());
    }

    [Theory]
    [InlineData("?wait=25&after=0-0")]
    [InlineData("?wait=25")]
    public async Task A_message_ends_the_waits_at_both_nodes_whichever_took_it(string query)
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);

        for (var round = 0; round < 4; round++)
        {
            // One waits at each node. Without a cursor the message is told to one of them, and the other goes on waiting.
            var waits = new[] { visitor.PollAsync(query), visitor.PollAsync(query) };
            await UntilListeningAsync(visitor, waits.Length);
            var said = (string)(await visitor.SayAsync($"Message {round}")).Expect(HttpStatusCode.Created)["id"]!;

            if (query.Contains("after", StringComparison.Ordinal))
            {
                var ended = await Task.WhenAll(waits).WaitAsync(AtOnce, TestContext.Current.CancellationToken);
                Assert.All(ended, poll => Assert.Equal([said], poll.Ids()));
                query = $"?wait=25&after={said}";
            }
            else
            {
                var first = await Task.WhenAny(waits).WaitAsync(AtOnce, TestContext.Current.CancellationToken);
                Assert.Equal([said], (await first).Ids());
                var second = (string)(await visitor.SayAsync($"Second {round}")).Expect(HttpStatusCode.Created)["id"]!;
                Assert.Equal([second], (await waits.Single(wait => wait != first).WaitAsync(AtOnce, TestContext.Current.CancellationToken)).Ids());
            }
        }
    }

    [Fact]
    public async Task A_visitor_that_waits_gets_the_operator_and_its_words_as_they_come()
    {
        var (visitor, @operator) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes, name: "Dana"));
        (await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        var cursor = (string)(await visitor.PollAsync("?after=0-0"))["cursor"]!;

        var waiting = visitor.PollAsync($"?wait=25&after={cursor}");
        var sessionId = await visitor.ServeAsync(@operator);
        var joined = await waiting.WaitAsync(AtOnce, TestContext.Current.CancellationToken);
        Assert.Equal(["operator_joined"], joined.Events());
        Assert.Equal("active", (string?)joined["status"]);
        Assert.Equal("Dana", (string?)joined["operator"]!["name"]);

        waiting = visitor.PollAsync($"?wait=25&after={(string?)joined["cursor"]}");
        (await @operator.SayAsync("Hello", sessionId: sessionId)).Expect(HttpStatusCode.Created);
        Assert.Equal(["Hello"], (await waiting.WaitAsync(AtOnce, TestContext.Current.CancellationToken)).Texts());
    }

    [Fact]
    public async Task A_client_that_shows_what_is_no_longer_so_need_not_wait_to_learn_it()
    {
        var (visitor, @operator) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes, name: "Dana"));
        (await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        var sessionId = await visitor.ServeAsync(@operator);
        (await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created);
        var cursor = (string)(await visitor.PollAsync("?after=0-0"))["cursor"]!;

        // Both happen between two polls: the second begins after them, and would see no change while it waits.
        (await @operator.PostAsync("chat/read", new { upTo = cursor, sessionId })).Expect(HttpStatusCode.NoContent);
        var read = await visitor.PollAsync($"?wait=25&after={cursor}&typing=false&readUpTo=0-0").WaitAsync(AtOnce, TestContext.Current.CancellationToken);
        Assert.Equal(cursor, (string?)read["readUpTo"]);
        (await @operator.PostAsync("chat/typing", new { typing = true, sessionId })).Expect(HttpStatusCode.NoContent);
        var typing = await visitor.PollAsync($"?wait=25&after={cursor}&typing=false&readUpTo={cursor}").WaitAsync(AtOnce, TestContext.Current.CancellationToken);
        Assert.True((bool)typing["typing"]!);

        // That somebody stopped writing without a word, nobody announces.
        var stopped = await visitor.PollAsync($"?wait=25&after={cursor}&typing=true&readUpTo={cursor}").WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.False((bool)stopped["typing"]!);
        Assert.Empty(stopped["messages"]!.AsArray());
    }

    [Fact]
    public async Task Closing_ends_a_wait_and_a_closed_session_is_never_waited_for()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);

        var waiting = visitor.PollAsync("?wait=25");
        await UntilListeningAsync(visitor, 1);
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        var closed = await waiting.WaitAsync(AtOnce, TestContext.Current.CancellationToken);
        Assert.Equal(["closed"], closed.Events());
        Assert.Equal("closed", (string?)closed["status"]);

        foreach (var query in (string[])["?wait=25", $"?wait=25&after={(string?)closed["cursor"]}"])
        {
            var again = await visitor.PollAsync(query).WaitAsync(AtOnce, TestContext.Current.CancellationToken);
            Assert.Empty(again.Messages());
            Assert.Equal("closed", (string?)again["status"]);
        }
    }

    [Fact]
    public async Task Where_nothing_comes_the_wait_ends_empty_after_its_time()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var ids = await Nodes.StoreAsync(visitor, 1);

        var started = Stopwatch.GetTimestamp();
        var poll = await visitor.PollAsync($"?wait=1&after={ids[0]}");

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromMilliseconds(990), AtOnce);
        Assert.Empty(poll.Messages());
        Assert.Equal(ids[0], (string?)poll["cursor"]);
        Assert.Equal("open", (string?)poll["status"]);
    }

    [Fact]
    public async Task A_message_of_another_session_ends_no_wait()
    {
        var (visitor, other) = (await MessageSteps.VisitorAsync(Nodes), await MessageSteps.VisitorAsync(Nodes));

        var waiting = visitor.PollAsync("?wait=25");
        await UntilListeningAsync(visitor, 1);
        (await other.SayAsync("Not for you")).Expect(HttpStatusCode.Created);
        (await visitor.SayAsync("For you")).Expect(HttpStatusCode.Created);

        Assert.Equal(["For you"], (await waiting.WaitAsync(AtOnce, TestContext.Current.CancellationToken)).Texts());
    }

    [Fact]
    public async Task Who_writes_and_what_was_read_ends_a_wait()
    {
        var (visitor, dana) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes));
        await visitor.CallOperatorAsync();
        await dana.PostAsync("operator/calls/claim", new { sessionId = visitor.SessionToken!.Split('.')[0] });
        var said = (string?)(await visitor.SayAsync("Are you there?"))["id"];

        var waiting = visitor.PollAsync($"?after={said}&wait=25");
        await UntilListeningAsync(visitor, 1);
        (await dana.PostAsync("chat/typing", new { typing = true })).Expect(HttpStatusCode.NoContent);
        Assert.True((bool)(await waiting.WaitAsync(AtOnce, TestContext.Current.CancellationToken))["typing"]!);

        waiting = visitor.PollAsync($"?after={said}&wait=25");
        await UntilListeningAsync(visitor, 1);
        (await dana.PostAsync("chat/read", new { upTo = said })).Expect(HttpStatusCode.NoContent);
        Assert.Equal(said, (string?)(await waiting.WaitAsync(AtOnce, TestContext.Current.CancellationToken))["readUpTo"]);
    }

    /// <summary>Returns once so many nodes have subscribed to the session's new entries.</summary>
    private async Task UntilListeningAsync(ChatClient visitor, int nodes)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(Nodes.Redis.Configuration);
        using var patience = new CancellationTokenSource(AtOnce);
        var channel = Keys.Announcements(visitor.SessionToken!.Split('.')[0]);
        while ((long)(await redis.GetDatabase().ExecuteAsync("PUBSUB", "SHARDNUMSUB", channel))[1] != nodes)
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
