using Intotes.Chat.Storage;
using System.Net;

namespace Intotes.Chat.Tests.Features.Operators;

public sealed class ListSessionsTests(ChatNodes nodes)
{
    [Fact]
    public async Task An_operator_lists_what_it_has_and_what_it_had()
    {
        var dana = ChatClient.Operator(nodes);
        var (first, second, third) = (await ClaimAsync(dana), await ClaimAsync(dana), await ClaimAsync(dana));
        await ClaimAsync(ChatClient.Operator(nodes));
        await dana.PostAsync($"operator/sessions/{first}/close");
        await dana.PostAsync($"operator/sessions/{third}/close");

        Assert.Equal([second], await ListAsync(dana, ""));
        Assert.Equal([second], await ListAsync(dana, "?state=mine"));
        Assert.Equal([second], await ListAsync(dana, "?state=active"));
        Assert.Equal([third, first], await ListAsync(dana, "?state=closed"));
    }

    [Fact]
    public async Task A_listed_session_has_what_a_console_shows()
    {
        var dana = ChatClient.Operator(nodes, name: "Dana");
        var session = await ClaimAsync(dana);
        await dana.SayAsync("Good morning.", sessionId: session);

        var shown = Assert.Single((await dana.GetAsync("operator/sessions"))["sessions"]!.AsArray())!;

        Assert.Equal((session, "active", 60), ((string?)shown["sessionId"], (string?)shown["status"], (int)shown["leaseSeconds"]!));
        Assert.Equal("Dana", (string?)shown["operator"]!["name"]);
        Assert.Equal(("operator", "Good morning."), ((string?)shown["lastMessage"]!["sender"], (string?)shown["lastMessage"]!["text"]));
        foreach (var field in (string[])["createdAt", "visitor", "department", "reason", "calledAt", "closedAt"])
        {
            Assert.True(shown.AsObject().ContainsKey(field), field);
        }
    }

    [Fact]
    public async Task A_supervisor_sees_the_sessions_of_all_operators()
    {
        var (dana, eli) = (ChatClient.Operator(nodes), ChatClient.Operator(nodes));
        var (active, closed) = (await ClaimAsync(dana), await ClaimAsync(eli));
        await eli.PostAsync($"operator/sessions/{closed}/close");
        var supervisor = ChatClient.Operator(nodes, role: "supervisor");

        Assert.Contains(active, await ListAsync(supervisor, "?state=active"));
        Assert.Contains(closed, await ListAsync(supervisor, "?state=closed"));
        Assert.DoesNotContain(active, await ListAsync(eli, "?state=active"));
        Assert.DoesNotContain(closed, await ListAsync(dana, "?state=closed"));
        Assert.Empty(await ListAsync(supervisor, "?state=mine"));
    }

    [Fact]
    public async Task A_supervisor_claims_and_lists_like_an_operator()
    {
        var supervisor = ChatClient.Operator(nodes, role: "supervisor");
        var session = await ClaimAsync(supervisor);

        Assert.Equal([session], await ListAsync(supervisor, ""));
    }

    [Fact]
    public async Task An_unknown_state_is_refused_by_name()
    {
        foreach (var state in (string[])["lost", "7", "-1"])
        {
            (await ChatClient.Operator(nodes).GetAsync($"operator/sessions?state={state}")).ExpectInvalid("state");
        }
    }

    [Fact]
    public async Task A_session_that_the_operators_index_holds_by_mistake_is_not_listed()
    {
        var dana = ChatClient.Operator(nodes);
        var session = await ClaimAsync(dana);
        var redis = (RedisConnection)nodes.Services.GetService(typeof(RedisConnection))!;
        await redis.Database.HashSetAsync(Keys.Session(session), "operator", ChatClient.NewId("operator"));

        Assert.Empty(await ListAsync(dana, ""));
        (await dana.SayAsync("Am I still here?")).ExpectProblem(403, "not_assigned");
    }

    private async Task<string> ClaimAsync(ChatClient @operator)
    {
        var visitor = ChatClient.Anonymous(nodes);
        var session = (string)(await visitor.OpenAsync())["sessionId"]!;
        await visitor.CallOperatorAsync();
        (await @operator.PostAsync("operator/calls/claim", new { sessionId = session })).Expect(HttpStatusCode.OK);
        return session;
    }

    private static async Task<IEnumerable<string?>> ListAsync(ChatClient @operator, string query) =>
        (await @operator.GetAsync("operator/sessions" + query)).Expect(HttpStatusCode.OK)["sessions"]!.AsArray().Select(session => (string?)session!["sessionId"]);
}
