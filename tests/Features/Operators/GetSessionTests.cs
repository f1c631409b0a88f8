using System.Net;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Features.Operators;

public sealed class GetSessionTests(ChatNodes nodes)
{
    [Fact]
    public async Task An_operator_reads_the_session_that_it_has()
    {
        var (visitor, session) = await CallAsync();
        var said = await visitor.SayAsync("Hello?");
        var dana = ChatClient.Operator(nodes);
        await dana.PostAsync("operator/calls/claim", new { sessionId = session });
        var answered = await dana.SayAsync("Good morning.", sessionId: session);

        var read = (await dana.GetAsync($"operator/sessions/{session}")).Expect(HttpStatusCode.OK);

        Assert.Equal((session, "active", 60), ((string?)read["session"]!["sessionId"], (string?)read["session"]!["status"], (int)read["session"]!["leaseSeconds"]!));
        var messages = read["messages"]!.AsArray();
        Assert.Equal(["operator_called", null, "operator_joined", null], messages.Select(message => (string?)message!["event"]));
        Assert.True(JsonNode.DeepEquals(said.Body, messages[1]));
        Assert.True(JsonNode.DeepEquals(answered.Body, messages[3]));
        Assert.False((bool)read["hasMore"]!);
        Assert.Empty(read["earlierSessions"]!.AsArray());
    }

    [Fact]
    public async Task A_waiting_session_is_read_by_any_operator_but_leased_to_none()
    {
        var (visitor, session) = await CallAsync();
        await visitor.SayAsync("Hello?");

        foreach (var role in (string[])["operator", "supervisor"])
        {
            var read = (await ChatClient.Operator(nodes, role: role).GetAsync($"operator/sessions/{session}")).Expect(HttpStatusCode.OK);
            Assert.Equal("waiting", (string?)read["session"]!["status"]);
            Assert.Null(read["session"]!["leaseSeconds"]);
            Assert.Equal(2, read["messages"]!.AsArray().Count);
        }
    }

    [Fact]
    public async Task Who_had_a_closed_session_and_supervisors_still_read_it()
    {
        var (_, session) = await CallAsync();
        var dana = ChatClient.Operator(nodes);
        await dana.PostAsync("operator/calls/claim", new { sessionId = session });
        await dana.PostAsync($"operator/sessions/{session}/close");

        foreach (var reader in new[] { dana, ChatClient.Operator(nodes, role: "supervisor") })
        {
            var read = (await reader.GetAsync($"operator/sessions/{session}")).Expect(HttpStatusCode.OK);
            Assert.Equal("closed", (string?)read["session"]!["status"]);
            Assert.NotNull(read["session"]!["closedAt"]);
            Assert.Null(read["session"]!["leaseSeconds"]);
        }

        (await ChatClient.Operator(nodes).GetAsync($"operator/sessions/{session}")).ExpectProblem(404, "session_not_found");
    }

    [Fact]
    public async Task A_foreign_session_cannot_be_told_from_an_unknown_one()
    {
        var (_, held) = await CallAsync();
        await ChatClient.Operator(nodes).PostAsync("operator/calls/claim", new { sessionId = held });
        var open = (string)(await ChatClient.Anonymous(nodes).OpenAsync())["sessionId"]!;
        var stranger = ChatClient.Operator(nodes);

        var unknown = Comparable(await stranger.GetAsync("operator/sessions/AAAAAAAAAAAAAAAAAAAAAA"));
        Assert.Equal(unknown, Comparable(await stranger.GetAsync($"operator/sessions/{held}")));
        Assert.Equal(unknown, Comparable(await stranger.GetAsync($"operator/sessions/{open}")));
        Assert.Equal(unknown, Comparable(await stranger.GetAsync("operator/sessions/no%20id%7D:messages")));

        var supervisor = ChatClient.Operator(nodes, role: "supervisor");
        Assert.Equal("active", (string?)(await supervisor.GetAsync($"operator/sessions/{held}")).Expect(HttpStatusCode.OK)["session"]!["status"]);
        Assert.Equal("open", (string?)(await supervisor.GetAsync($"operator/sessions/{open}")).Expect(HttpStatusCode.OK)["session"]!["status"]);
        Assert.Equal(unknown, Comparable(await supervisor.GetAsync("operator/sessions/AAAAAAAAAAAAAAAAAAAAAA")));
    }

    [Fact]
    public async Task The_earlier_conversations_of_an_account_are_listed_newest_first()
    {
        var user = ChatClient.NewId("user");
        var account = ChatClient.Account(nodes, user);
        var sessions = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            sessions.Add((string)(await account.OpenAsync()).Expect(HttpStatusCode.Created)["sessionId"]!);
            await account.SayAsync($"Conversation {i}");
            if (i < 2)
            {
                await account.PostAsync("chat/session/close");
            }
        }

        await account.CallOperatorAsync();
        var read = await ChatClient.Operator(nodes).GetAsync($"operator/sessions/{sessions[2]}");

        var earlier = read["earlierSessions"]!.AsArray();
        Assert.Equal([sessions[1], sessions[0]], earlier.Select(session => (string?)session!["sessionId"]));
        Assert.Equal(["Conversation 1", "Conversation 0"], earlier.Select(session => (string?)session!["lastMessage"]!["text"]));
        Assert.All(earlier, session => Assert.Equal("closed", (string?)session!["status"]));
    }

    [Fact]
    public async Task A_long_conversation_gives_its_newest_five_hundred_messages()
    {
        var (visitor, session) = await CallAsync();
        foreach (var batch in Enumerable.Range(0, 520).Chunk(40))
        {
            await Task.WhenAll(batch.Select(i => visitor.SayAsync($"{i}")));
        }

        var last = await visitor.SayAsync("last");
        var read = await ChatClient.Operator(nodes).GetAsync($"operator/sessions/{session}");

        var messages = read["messages"]!.AsArray();
        Assert.Equal(500, messages.Count);
        Assert.True((bool)read["hasMore"]!);
        Assert.Equal((string?)last["id"], (string?)messages[^1]!["id"]);
    }

    private async Task<(ChatClient Visitor, string Session)> CallAsync()
    {
        var visitor = ChatClient.Anonymous(nodes);
        var session = (string)(await visitor.OpenAsync())["sessionId"]!;
        await visitor.CallOperatorAsync();
        return (visitor, session);
    }

    /// <summary>The whole answer, but for the id of its trace.</summary>
    private static string Comparable(Answer answer)
    {
        var problem = answer.ExpectProblem(404, "session_not_found").Body!.AsObject();
        problem.Remove("traceId");
        return problem.ToJsonString();
    }
}
