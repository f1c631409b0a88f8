using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Features.Messages;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>What a stream of events tells, and from where on. Writers ask the nodes in turn, so that half of it comes from the other node.</summary>
public sealed class GetEventsTests(PrivateNodes own) : IClassFixture<PrivateNodes>
{
    private ChatNodes Nodes => own.Nodes;

    [Fact]
    public async Task The_first_event_comes_at_once_and_is_what_a_poll_answers()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        foreach (var query in (string[])["?after=0-0", "?after=0-0", ""])
        {
            using var empty = await OpenAsync(visitor, query);
            var nothing = await empty.NextAsync();
            Assert.Equal("0-0", nothing.Id);
            IsPoll(await visitor.PollAsync("?after=0-0&wait=1"), nothing);
        }

        var ids = await Nodes.StoreAsync(visitor, 3);
        using var stream = await OpenAsync(visitor, "?after=0-0");
        var first = await stream.NextAsync();

        Assert.Equal((ids[^1], 3), (first.Id, first.Texts.Count));
        IsPoll(await visitor.PollAsync("?after=0-0&wait=1"), first);
    }

    [Fact]
    public async Task A_message_arrives_whichever_node_took_it_and_all_of_them_in_order()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        using var here = await EventStream.OpenAsync(Nodes.Addresses[0], visitor);
        using var there = await EventStream.OpenAsync(Nodes.Addresses[1], visitor, "?after=0-0");
        await Task.WhenAll(here.NextAsync(), there.NextAsync());

        var expected = Enumerable.Range(0, 50).Select(n => $"Message {n}").ToList();
        foreach (var text in expected)
        {
            (await visitor.SayAsync(text)).Expect(HttpStatusCode.Created);
        }

        Assert.Equal(expected, await here.TextsAsync(expected.Count));
        Assert.Equal(expected, await there.TextsAsync(expected.Count));
    }

    [Fact]
    public async Task More_than_one_event_may_carry_comes_in_several_and_nothing_is_lost()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var ids = await Nodes.StoreAsync(visitor, (2 * MessageFollower.MostAtOnce) + 7);

        using var stream = await OpenAsync(visitor, "?after=0-0");
        var events = new[] { await stream.NextAsync(), await stream.NextAsync(), await stream.NextAsync() };

        Assert.Equal([MessageFollower.MostAtOnce, MessageFollower.MostAtOnce, 7], events.Select(e => e.Texts.Count));
        Assert.Equal(ids, events.SelectMany(e => e.Data!["messages"]!.AsArray().Select(m => (string)m!["id"]!)));
        Assert.Equal([ids[MessageFollower.MostAtOnce - 1], ids[(2 * MessageFollower.MostAtOnce) - 1], ids[^1]], events.Select(e => e.Id));
    }

    [Fact]
    public async Task What_happens_without_a_message_arrives_too()
    {
        var (visitor, dana) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes, name: "Dana"));
        using var stream = await OpenAsync(visitor);
        await stream.NextAsync();

        var session = await visitor.ServeAsync(dana);
        var called = await stream.UntilAsync(e => e.Events.Contains("operator_called"));
        var joined = called.Events.Contains("operator_joined") ? called : await stream.UntilAsync(e => e.Events.Contains("operator_joined"));
        Assert.Equal(("active", "Dana"), ((string?)joined.Data!["status"], (string?)joined.Data["operator"]!["name"]));

        (await dana.PostAsync("chat/typing", new { typing = true, sessionId = session })).Expect(HttpStatusCode.NoContent);
        await stream.UntilAsync(e => (bool)e.Data!["typing"]!);
        (await dana.PostAsync("chat/typing", new { typing = false, sessionId = session })).Expect(HttpStatusCode.NoContent);
        await stream.UntilAsync(e => !(bool)e.Data!["typing"]!);

        var said = (string?)(await visitor.SayAsync("Do you read this?"))["id"];
        (await dana.PostAsync("chat/read", new { upTo = said, sessionId = session })).Expect(HttpStatusCode.NoContent);
        var read = await stream.UntilAsync(e => (string?)e.Data!["readUpTo"] == said);
        Assert.Equal(said, read.Id);
        IsPoll(await visitor.PollAsync("?after=" + said), read);
    }

    [Fact]
    public async Task A_stream_goes_on_after_the_cursor_it_is_given_and_the_header_wins()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var ids = await Nodes.StoreAsync(visitor, 3);

        Assert.Equal(["Message 3"], await FirstAsync(visitor, $"?after={ids[1]}"));
        Assert.Equal(["Message 2", "Message 3"], await FirstAsync(visitor, "", ids[0]));
        Assert.Equal(["Message 2", "Message 3"], await FirstAsync(visitor, $"?after={ids[1]}", ids[0]));
        Assert.Equal([], await FirstAsync(visitor, "?after=0-0", ids[2]));
        // Without either, since the last poll, and that is where the stream has come to.
        Assert.Equal(["Message 1", "Message 2", "Message 3"], await FirstAsync(visitor, ""));
        Assert.Equal([], await FirstAsync(visitor, ""));
    }

    [Theory]
    [InlineData("?after=abc", null)]
    [InlineData("?after=", null)]
    [InlineData("", "1-")]
    [InlineData("?after=0-0", "no cursor")]
    [InlineData("?after=abc", "0-0")]
    public async Task What_is_no_cursor_is_refused_wherever_it_stands(string query, string? lastEventId)
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var answer = await visitor.SendAsync(HttpMethod.Get, "chat/events" + query, null, request =>
        {
            if (lastEventId is not null)
            {
                request.Headers.Add("Last-Event-ID", lastEventId);
            }
        });
        answer.ExpectProblem(400, "invalid_cursor");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("3601")]
    [InlineData("long")]
    public async Task A_wait_that_cannot_be_is_refused(string wait) =>
        (await (await MessageSteps.VisitorAsync(Nodes)).GetAsync($"chat/events?wait={wait}")).ExpectInvalid("wait");

    [Fact]
    public async Task Operators_follow_what_they_have_and_nothing_else()
    {
        var (visitor, other) = (await MessageSteps.VisitorAsync(Nodes), await MessageSteps.VisitorAsync(Nodes));
        var (dana, erik) = (ChatClient.Operator(Nodes), ChatClient.Operator(Nodes));
        var (mine, second) = (await visitor.ServeAsync(dana), await other.ServeAsync(dana));

        (await erik.GetAsync($"chat/events?sessionId={mine}")).ExpectProblem(403, "not_assigned");
        (await dana.GetAsync("chat/events")).ExpectInvalid("sessionId");
        using var stream = await OpenAsync(dana, $"?after=0-0&sessionId={mine}");
        using var beside = await OpenAsync(dana, $"?after=0-0&sessionId={second}");
        Assert.Equal(["operator_called", "operator_joined"], (await stream.NextAsync()).Events);
        Assert.Equal(["operator_called", "operator_joined"], (await beside.NextAsync()).Events);

        (await visitor.SayAsync("For Dana")).Expect(HttpStatusCode.Created);
        (await other.SayAsync("Beside")).Expect(HttpStatusCode.Created);
        Assert.Equal(["For Dana"], (await stream.NextAsync()).Texts);
        Assert.Equal(["Beside"], (await beside.NextAsync()).Texts);
    }

    private async Task<IReadOnlyList<string>> FirstAsync(ChatClient visitor, string query, string? lastEventId = null)
    {
        using var stream = await EventStream.OpenAsync(Nodes.NextAddress(), visitor, query, lastEventId);
        return (await stream.NextAsync()).Texts;
    }

    private Task<EventStream> OpenAsync(ChatClient caller, string query = "") => EventStream.OpenAsync(Nodes.NextAddress(), caller, query);

    /// <summary>Asserts that an event carries what a poll answers, and has its cursor for its id. How soon to poll again depends on how busy the machine is.</summary>
    private static void IsPoll(Answer poll, ServerEvent found)
    {
        var (expected, actual) = (poll.Body!.AsObject(), found.Data!.DeepClone().AsObject());
        Assert.Equal((string?)expected["cursor"], found.Id);
        Assert.Equal(expected.Select(field => field.Key), actual.Select(field => field.Key));
        Assert.Equal(WithoutPace(expected), WithoutPace(actual));
    }

    private static string WithoutPace(JsonObject fields)
    {
        fields.Remove("nextPollMs");
        return fields.ToJsonString();
    }
}
