using System.Net;
using System.Net.Http.Json;
using System.Text;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Messages;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>How often an operator may call, whichever node it asks.</summary>
public sealed class OperatorLimitTests(LimitedNodes limited) : IClassFixture<LimitedNodes>
{
    /// <summary>As many as five visitors.</summary>
    private const int CallsPerMinute = 5 * LimitedNodes.PollsPerMinute, SecondsPerCall = 60 / CallsPerMinute;

    [Fact]
    public async Task Polls_of_an_operator_are_limited_and_its_other_calls_go_on()
    {
        var @operator = ChatClient.Operator(limited.Nodes);
        for (var i = 0; i < CallsPerMinute; i++)
        {
            (await @operator.GetAsync("operator/poll")).Expect(HttpStatusCode.OK);
        }

        await limited.IsHonestlyRefusedAsync(() => @operator.GetAsync("operator/poll"), SecondsPerCall);
        (await @operator.GetAsync("operator/calls")).Expect(HttpStatusCode.OK);
        (await ChatClient.Operator(limited.Nodes).GetAsync("operator/poll")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Other_calls_of_an_operator_are_one_allowance_and_a_refused_one_changes_nothing()
    {
        var (visitor, id) = (await limited.VisitorAsync(), ChatClient.NewId("operator"));
        var @operator = ChatClient.Operator(limited.Nodes, id);
        var sessionId = (string)(await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK)["sessionId"]!;
        string[] reads = ["operator/calls", "operator/sessions", "operator/stats", "operator/canned-replies", $"operator/sessions/{sessionId}"];
        for (var i = 0; i < CallsPerMinute; i++)
        {
            (await @operator.GetAsync(reads[i % reads.Length])).Expect(HttpStatusCode.OK);
        }

        var shortcut = $"x{Guid.NewGuid():N}"[..32];
        foreach (var (method, path, body) in ((HttpMethod, string, object?)[])
        [
            (HttpMethod.Put, "operator/presence", new { status = "away", capacity = 7 }),
            (HttpMethod.Post, "operator/calls/claim", null),
            (HttpMethod.Post, "operator/calls/claim?wait=25", null),
            (HttpMethod.Post, $"operator/sessions/{sessionId}/notes", new { text = "Careful." }),
            (HttpMethod.Post, "operator/canned-replies", new { shortcut, text = "Hello" }),
        ])
        {
            Assert.Equal(SecondsPerCall, LimitedNodes.RetryAfter(await @operator.SendAsync(method, path, body is null ? null : JsonContent.Create(body))));
        }

        Assert.Equal("waiting", (string?)(await visitor.PollAsync())["status"]);
        Assert.False(await limited.Nodes.Redis.Database.HashExistsAsync(Keys.OfRoster()[1], id), "Presence was stored.");
        Assert.False(await limited.Nodes.Redis.Database.HashExistsAsync(Keys.CannedReplies, shortcut), "The canned reply was stored.");
        Assert.Equal(0, await limited.Nodes.Redis.Database.StreamLengthAsync(Keys.OfSession(sessionId)[4]));
        await limited.IsHonestlyRefusedAsync(() => @operator.GetAsync("operator/calls"), SecondsPerCall);
        (await @operator.GetAsync("operator/poll")).Expect(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"capacity":0}""")]
    [InlineData("""{"capacity":"many"}""")]
    [InlineData("{")]
    public async Task A_call_too_many_is_refused_as_such_or_as_wrong_but_never_fails(string body)
    {
        var @operator = ChatClient.Operator(limited.Nodes);
        for (var i = 0; i < CallsPerMinute; i++)
        {
            (await @operator.GetAsync("operator/calls")).Expect(HttpStatusCode.OK);
        }

        var answer = await @operator.SendAsync(HttpMethod.Put, "operator/presence", new StringContent(body, Encoding.UTF8, "application/json"));
        if (answer.Status == HttpStatusCode.BadRequest)
        {
            answer.ExpectProblem(400, "invalid_request");
        }
        else
        {
            LimitedNodes.RetryAfter(answer);
        }
    }

    [Fact]
    public async Task What_an_operator_reads_in_a_session_is_counted_apart_from_what_the_visitor_reads_there()
    {
        var (visitor, @operator) = (await limited.VisitorAsync(), ChatClient.Operator(limited.Nodes));
        var sessionId = await visitor.ServeAsync(@operator);
        for (var i = 0; i < LimitedNodes.PollsPerMinute; i++)
        {
            await visitor.PollAsync();
        }

        LimitedNodes.RetryAfter(await visitor.GetAsync("chat/poll"));
        for (var i = 0; i < LimitedNodes.PollsPerMinute; i++)
        {
            (await @operator.GetAsync(i % 2 == 0 ? $"chat/poll?sessionId={sessionId}" : $"chat/history?sessionId={sessionId}")).Expect(HttpStatusCode.OK);
        }

        await limited.IsHonestlyRefusedAsync(() => @operator.GetAsync($"chat/poll?sessionId={sessionId}"), 60 / LimitedNodes.PollsPerMinute);
    }

    [Fact]
    public async Task An_operator_that_calls_too_often_is_there_and_keeps_its_sessions()
    {
        var id = ChatClient.NewId("operator");
        var @operator = ChatClient.Operator(limited.Nodes, id);
        for (var i = 0; i < CallsPerMinute; i++)
        {
            (await @operator.GetAsync("operator/poll")).Expect(HttpStatusCode.OK);
        }

        var before = await limited.Nodes.Redis.Database.SortedSetScoreAsync(Keys.OfRoster()[0], id);
        limited.Pass(TimeSpan.FromSeconds(1));
        LimitedNodes.RetryAfter(await @operator.GetAsync("operator/poll"));
        Assert.Equal(before + 1000, await limited.Nodes.Redis.Database.SortedSetScoreAsync(Keys.OfRoster()[0], id));
    }
}
