using System.Net;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Features.Sessions;

public sealed class AccountSessionTests(ChatNodes nodes)
{
    [Fact]
    public async Task An_account_has_one_session_on_all_its_devices_and_needs_no_session_token()
    {
        var user = ChatClient.NewId("user");
        var created = (await ChatClient.Account(nodes, user, "Ann").OpenAsync(new { name = "Mallory" })).Expect(HttpStatusCode.Created);
        var onPhone = (await ChatClient.Account(nodes, user, "Ann").OpenAsync()).Expect(HttpStatusCode.OK);

        Assert.Equal((string?)created["sessionId"], (string?)onPhone["sessionId"]);
        foreach (var opened in new[] { created, onPhone })
        {
            Assert.True(JsonNode.DeepEquals(new JsonObject { ["kind"] = "account", ["userId"] = user, ["name"] = "Ann" }, opened["visitor"]));
            Assert.Null(opened["token"]);
            Assert.Empty(opened.Headers["Set-Cookie"]);
        }
    }

    [Fact]
    public async Task What_one_device_says_every_other_reads()
    {
        var user = ChatClient.NewId("user");
        await ChatClient.Account(nodes, user).OpenAsync();
        var sent = (await ChatClient.Account(nodes, user).SayAsync("From my phone.")).Expect(HttpStatusCode.Created);

        foreach (var history in await ChatClient.Account(nodes, user).GetFromEachAsync(nodes, "chat/history"))
        {
            Assert.Equal((string?)sent["id"], (string?)Assert.Single(history["messages"]!.AsArray())!["id"]);
        }
    }

    [Fact]
    public async Task An_account_without_a_session_is_told_to_create_one()
    {
        var account = ChatClient.Account(nodes, ChatClient.NewId("user"));

        (await account.GetAsync("chat/history")).ExpectProblem(404, "session_not_found");
        (await account.GetAsync("chat/poll")).ExpectProblem(404, "session_not_found");
        (await account.SayAsync("Hello?")).ExpectProblem(404, "session_not_found");
        (await account.CallOperatorAsync()).ExpectProblem(404, "session_not_found");
        (await account.PostAsync("chat/session/close")).ExpectProblem(404, "session_not_found");
    }

    [Fact]
    public async Task Twenty_tabs_that_open_at_once_get_one_session()
    {
        for (var round = 0; round < 5; round++)
        {
            var user = ChatClient.NewId("user");
            var tabs = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ChatClient.Account(nodes, user).OpenAsync()));

            Assert.Single(tabs.Select(tab => (string?)tab["sessionId"]).Distinct());
            Assert.Single(tabs, tab => tab.Status == HttpStatusCode.Created);
            Assert.Equal(19, tabs.Count(tab => tab.Status == HttpStatusCode.OK));
        }
    }

    [Fact]
    public async Task Twenty_tabs_that_open_at_once_after_a_closed_session_get_one_new_session()
    {
        var user = ChatClient.NewId("user");
        var closed = (string?)(await ChatClient.Account(nodes, user).OpenAsync())["sessionId"];
        await ChatClient.Account(nodes, user).PostAsync("chat/session/close");

        var tabs = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ChatClient.Account(nodes, user).OpenAsync()));

        Assert.NotEqual(closed, Assert.Single(tabs.Select(tab => (string?)tab["sessionId"]).Distinct()));
        Assert.Single(tabs, tab => tab.Status == HttpStatusCode.Created);
    }

    [Fact]
    public async Task The_closed_session_is_served_until_the_next_is_created_and_then_the_new_one_by_every_node()
    {
        var account = ChatClient.Account(nodes, ChatClient.NewId("user"));
        var closed = (string?)(await account.OpenAsync())["sessionId"];
        await account.SayAsync("The first conversation.");
        await account.GetFromEachAsync(nodes, "chat/history"); // now every node remembers whose session it is
        (await account.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);

        foreach (var history in await account.GetFromEachAsync(nodes, "chat/history"))
        {
            Assert.Equal((closed, "closed"), ((string?)history["sessionId"], (string?)history["status"]));
        }

        foreach (var poll in await account.GetFromEachAsync(nodes, "chat/poll?after=0-0"))
        {
            Assert.Equal("closed", (string?)poll["status"]);
            Assert.Equal("closed", (string?)poll["messages"]!.AsArray()[^1]!["event"]);
        }

        foreach (var node in nodes.Addresses)
        {
            (await account.SendToAsync(node, HttpMethod.Post, "chat/message", new { text = "Still there?" })).ExpectProblem(409, "session_closed");
        }

        var created = (await account.SendToAsync(nodes.Addresses[0], HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created);
        Assert.NotEqual(closed, (string?)created["sessionId"]);
        foreach (var history in await account.GetFromEachAsync(nodes, "chat/history"))
        {
            Assert.Equal(((string?)created["sessionId"], "open", 0), ((string?)history["sessionId"], (string?)history["status"], history["messages"]!.AsArray().Count));
        }

        foreach (var poll in await account.GetFromEachAsync(nodes, "chat/poll?after=0-0"))
        {
            Assert.Equal("open", (string?)poll["status"]);
        }
    }

    [Fact]
    public async Task A_node_that_remembers_the_old_session_writes_into_the_new_one()
    {
        var account = ChatClient.Account(nodes, ChatClient.NewId("user"));
        await account.OpenAsync();
        await account.GetFromEachAsync(nodes, "chat/history");
        await account.PostAsync("chat/session/close");
        var created = await account.SendToAsync(nodes.Addresses[0], HttpMethod.Post, "chat/session");

        (await account.SendToAsync(nodes.Addresses[1], HttpMethod.Post, "chat/message", new { text = "Hello again" })).Expect(HttpStatusCode.Created);

        var history = await account.GetAsync("chat/history");
        Assert.Equal((string?)created["sessionId"], (string?)history["sessionId"]);
        Assert.Equal("Hello again", (string?)Assert.Single(history["messages"]!.AsArray())!["text"]);
    }

    [Fact]
    public async Task Two_accounts_never_share_a_session_whatever_their_ids_hold()
    {
        var root = Guid.NewGuid().ToString("N");
        string[] users = [root, root + "}", "{" + root, root + ":earlier", root.ToUpperInvariant() + "ß", root + "\u0000", root + " "];

        var sessions = await Task.WhenAll(users.Select(async user => (string?)(await ChatClient.Account(nodes, user).OpenAsync())["sessionId"]));

        Assert.Equal(users.Length, sessions.Distinct().Count());
    }
}
