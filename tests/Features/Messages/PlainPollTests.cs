using System.Net;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>Polls as widgets send them take a short way, all others the long one. Something more in the query, which changes nothing, makes the same poll take the long one.</summary>
public sealed class PlainPollTests(PrivateNodes own) : IClassFixture<PrivateNodes>
{
    private const string TheLongWay = "&limit=200", TheLongWayOfEvents = "&more=1";

    private ChatNodes Nodes => own.Nodes;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Both_ways_tell_the_same_at_every_stage_of_a_conversation(bool isAccount)
    {
        var visitor = isAccount ? ChatClient.Account(Nodes, ChatClient.NewId("user")) : ChatClient.Anonymous(Nodes);
        var dana = ChatClient.Operator(Nodes, name: "Dana");
        (await visitor.OpenAsync()).Expect(HttpStatusCode.Created);
        await SameAsync(visitor);
        for (var n = 0; n < 20; n++)
        {
            (await visitor.SayAsync($"Message {n}")).Expect(HttpStatusCode.Created);
        }

        await SameAsync(visitor);
        (await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        await SameAsync(visitor);
        var session = await visitor.ServeAsync(dana);
        (await dana.SayAsync("Hello", sessionId: session)).Expect(HttpStatusCode.Created);
        (await dana.PostAsync("chat/typing", new { typing = true, sessionId = session })).Expect(HttpStatusCode.NoContent);
        await SameAsync(visitor);
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        await SameAsync(visitor);
    }

    [Theory]
    [InlineData("after=0-0&_=1764511200000.1")]
    [InlineData("after=abc")]
    [InlineData("after=0-0&after=0-0")]
    [InlineData("after=0-0&wait=0")]
    [InlineData("after=0-0&wait=26")]
    [InlineData("after=0-0&wait=1e1")]
    [InlineData("after=0-0&wait=1&typing=perhaps")]
    [InlineData("after=0-0&wait=1&typing=false&readUpTo=abc")]
    [InlineData("after=0%2D0")]
    public async Task Both_ways_make_the_same_of_a_query(string query)
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        await Nodes.StoreAsync(visitor, 1);

        var (plain, full) = (await visitor.GetAsync($"chat/poll?{query}"), await visitor.GetAsync($"chat/poll?{query}{TheLongWay}"));

        Assert.Equal((full.Status, Told(full)), (plain.Status, Told(plain)));
    }

    [Fact]
    public async Task Both_ways_refuse_alike()
    {
        var (visitor, stranger) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Account(Nodes, ChatClient.NewId("user")));
        visitor.SessionToken = visitor.SessionToken![..23] + new string('A', 43);
        foreach (var path in (string[])["chat/poll?after=0-0", "chat/poll?after=0-0&wait=1", "chat/events?after=0-0"])
        {
            var more = path.Contains("events", StringComparison.Ordinal) ? TheLongWayOfEvents : TheLongWay;
            (await visitor.GetAsync(path)).ExpectProblem(401, "invalid_session_token");
            (await visitor.GetAsync(path + more)).ExpectProblem(401, "invalid_session_token");
            (await stranger.GetAsync(path)).ExpectProblem(404, "session_not_found");
            (await stranger.GetAsync(path + more)).ExpectProblem(404, "session_not_found");
        }
    }

    private async Task SameAsync(ChatClient visitor)
    {
        foreach (var query in (string[])["after=0-0", "after=0-0&wait=1", "after=0-0&wait=1&typing=true&readUpTo=0-0"])
        {
            // At the same node, which remembers the account's session by now.
            foreach (var node in Nodes.Addresses)
            {
                await visitor.SendToAsync(node, HttpMethod.Get, "chat/poll");
                var (plain, full) = (
                    await visitor.SendToAsync(node, HttpMethod.Get, $"chat/poll?{query}"), await visitor.SendToAsync(node, HttpMethod.Get, $"chat/poll?{query}{TheLongWay}"));
                Assert.Equal(Told(full.Expect(HttpStatusCode.OK)), Told(plain.Expect(HttpStatusCode.OK)));
            }
        }

        using var shortly = await EventStream.OpenAsync(Nodes.Addresses[0], visitor, "?after=0-0");
        using var wholly = await EventStream.OpenAsync(Nodes.Addresses[0], visitor, $"?after=0-0{TheLongWayOfEvents}");
        var (first, same) = (await shortly.NextAsync(), await wholly.NextAsync());
        Assert.Equal((same.Id, Told(same.Data)), (first.Id, Told(first.Data)));
    }

    private static string Told(Answer answer) => Told(answer.Body);

    /// <summary>All but the pace, which is left to chance, and the number of the request's trace.</summary>
    private static string Told(JsonNode? body)
    {
        var told = body!.DeepClone().AsObject();
        told.Remove("nextPollMs");
        told.Remove("traceId");
        return told.ToJsonString();
    }
}
