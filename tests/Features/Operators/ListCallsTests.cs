using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Queue;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(QueueNodes))]
public sealed class ListCallsTests(QueueNodes nodes)
{
    [Fact]
    public async Task Shows_who_waits_for_what_and_what_was_said_last()
    {
        await nodes.EmptyAsync();
        var visitor = nodes.Anonymous();
        var session = await visitor.PostAsync("chat/session", new { name = "Ann", email = "ann@example.com", locale = "de-AT", pageUrl = "https://intotes.example/" });
        await visitor.PostAsync("chat/message", new { text = "First" });
        var last = await visitor.PostAsync("chat/message", new { text = "Where is my trade?" });
        var call = await visitor.PostAsync("chat/session/call-operator", new { reason = "A missing trade", department = "billing" });

        var shown = Assert.Single((await ListAsync())).AsObject();

        Assert.Equal(1, (int)shown["position"]!);
        Assert.Equal((string?)session["sessionId"], (string?)shown["sessionId"]);
        Assert.Equal(("A missing trade", "billing"), ((string?)shown["reason"], (string?)shown["department"]));
        Assert.Equal((string?)call["calledAt"], (string?)shown["calledAt"]);
        Assert.Equal(0, (int)shown["waitedSeconds"]!);
        Assert.True(JsonNode.DeepEquals(last.Body, shown["lastMessage"]), shown.ToJsonString());
        Assert.Equal(
            ("anonymous", "Ann", "ann@example.com", "de-AT", "https://intotes.example/"),
            ((string?)shown["visitor"]!["kind"], (string?)shown["visitor"]!["name"], (string?)shown["visitor"]!["email"], (string?)shown["visitor"]!["locale"], (string?)shown["visitor"]!["pageUrl"]));
    }

    [Fact]
    public async Task Has_every_field_where_there_is_nothing_to_say()
    {
        await nodes.EmptyAsync();
        await nodes.CallAsync();

        var shown = Assert.Single(await ListAsync()).AsObject();

        foreach (var field in (string[])["position", "sessionId", "visitor", "reason", "department", "calledAt", "waitedSeconds", "lastMessage"])
        {
            Assert.True(shown.ContainsKey(field), field);
        }

        Assert.Null(shown["reason"]);
        Assert.Null(shown["lastMessage"]);
    }

    [Fact]
    public async Task Lists_all_departments_oldest_first_with_the_place_in_each()
    {
        await nodes.EmptyAsync();
        Assert.Empty(await ListAsync());
        var calls = new List<string>();
        foreach (var department in (string[])["support", "billing", "support", "billing", "support"])
        {
            calls.Add((await nodes.CallAsync(department)).SessionId);
        }

        var shown = await ListAsync();

        Assert.Equal(calls.Zip([1, 1, 2, 2, 3]), shown.Select(call => ((string)call["sessionId"]!, (int)call["position"]!)));
        Assert.Equal(calls[..2], (await ListAsync("?limit=2")).Select(call => (string?)call["sessionId"]));
        foreach (var limit in (string[])["0", "501", "-1", "many"])
        {
            (await nodes.Operator().GetAsync($"operator/calls?limit={limit}")).ExpectInvalid("limit");
        }
    }

    [Fact]
    public async Task Counts_the_seconds_since_the_first_call()
    {
        await nodes.EmptyAsync();
        var call = await nodes.CallAsync();
        var calledAt = DateTimeOffset.Parse((string)call.Call["calledAt"]!, CultureInfo.InvariantCulture).AddSeconds(-90).ToUnixTimeMilliseconds() * 1000;
        await nodes.Database.HashSetAsync(Keys.Session(call.SessionId), "called", calledAt);

        Assert.InRange((int)Assert.Single(await ListAsync())["waitedSeconds"]!, 90, 120);
    }

    [Fact]
    public async Task Leaves_out_who_waits_no_more()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(4);
        await nodes.Operator().PostAsync("operator/calls/claim", new { sessionId = calls[0].SessionId });
        await calls[1].Visitor.PostAsync("chat/session/close");
        await nodes.Database.KeyDeleteAsync(Keys.OfSession(calls[2].SessionId)); // its call stays behind in the queue

        Assert.Equal(calls[3].SessionId, (string?)Assert.Single(await ListAsync())["sessionId"]);
    }

    [Fact]
    public async Task Is_the_same_list_as_that_of_the_waiting_sessions()
    {
        await nodes.EmptyAsync();
        var calls = await nodes.CallAsync(3);

        var sessions = (await nodes.Operator().GetAsync("operator/sessions?state=waiting")).Expect(HttpStatusCode.OK)["sessions"]!.AsArray();

        Assert.Equal(calls.Select(call => call.SessionId), sessions.Select(session => (string?)session!["sessionId"]));
        Assert.All(sessions, session => Assert.Equal("waiting", (string?)session!["status"]));
        Assert.All(sessions, session => Assert.Null(session!["operator"]));
    }

    private async Task<IReadOnlyList<JsonNode>> ListAsync(string query = "") =>
        [.. (await nodes.Operator().GetAsync("operator/calls" + query)).Expect(HttpStatusCode.OK)["calls"]!.AsArray().Select(call => call!)];
}
