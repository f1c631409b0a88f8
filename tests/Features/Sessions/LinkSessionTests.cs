using System.Net;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Features.Sessions;

public sealed class LinkSessionTests(ChatNodes nodes)
{
    [Fact]
    public async Task An_account_takes_over_the_anonymous_session_that_it_sends_along()
    {
        var (visitor, session) = await OpenAsync();
        await visitor.SayAsync("Before I signed in");
        var user = ChatClient.NewId("user");

        var linked = (await SignInAsync(user, visitor.SessionToken)).Expect(HttpStatusCode.OK);

        Assert.Equal(session, (string?)linked["sessionId"]);
        Assert.Null(linked["token"]);
        Assert.True(JsonNode.DeepEquals(new JsonObject { ["kind"] = "account", ["userId"] = user, ["name"] = "Ann" }, linked["visitor"]));
        foreach (var history in await ChatClient.Account(nodes, user).GetFromEachAsync(nodes, "chat/history"))
        {
            Assert.Equal(session, (string?)history["sessionId"]);
            var messages = history["messages"]!.AsArray();
            Assert.Equal(["Before I signed in", "account_linked"], [(string?)messages[0]!["text"], (string?)messages[1]!["event"]]);
            Assert.Equal("system", (string?)messages[1]!["sender"]);
        }
    }

    [Fact]
    public async Task The_token_is_dead_at_once_on_every_node()
    {
        var (visitor, session) = await OpenAsync();
        await visitor.GetFromEachAsync(nodes, "chat/history");
        var user = ChatClient.NewId("user");
        await SignInAsync(user, visitor.SessionToken);

        foreach (var node in nodes.Addresses)
        {
            (await visitor.SendToAsync(node, HttpMethod.Get, "chat/history")).ExpectProblem(401, "invalid_session_token");
            (await visitor.SendToAsync(node, HttpMethod.Get, "chat/poll")).ExpectProblem(401, "invalid_session_token");
            (await visitor.SendToAsync(node, HttpMethod.Post, "chat/message", new { text = "Me again" })).ExpectProblem(401, "invalid_session_token");
            (await visitor.SendToAsync(node, HttpMethod.Post, "chat/session/call-operator")).ExpectProblem(401, "invalid_session_token");
            (await visitor.SendToAsync(node, HttpMethod.Post, "chat/session/close")).ExpectProblem(401, "invalid_session_token");
        }

        Assert.NotEqual(session, (string?)(await visitor.OpenAsync()).Expect(HttpStatusCode.Created)["sessionId"]);
        Assert.Equal("account_linked", (string?)Assert.Single((await ChatClient.Account(nodes, user).GetAsync("chat/history"))["messages"]!.AsArray())!["event"]);
    }

    [Fact]
    public async Task The_token_may_come_as_the_cookie_which_is_then_taken_away()
    {
        var (visitor, session) = await OpenAsync();

        var linked = await ChatClient.Account(nodes, ChatClient.NewId("user")).SendAsync(
            HttpMethod.Post, "chat/session", null, request => request.Headers.Add("Cookie", $"chat_session={visitor.SessionToken}"));

        Assert.Equal(session, (string?)linked.Expect(HttpStatusCode.OK)["sessionId"]);
        var cookie = Assert.Single(linked.Headers["Set-Cookie"]).Split("; ");
        Assert.Equal("chat_session=", cookie[0]);
        Assert.Contains(cookie, attribute => attribute.StartsWith("expires=Thu, 01 Jan 1970", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(["httponly", "path=/", "samesite=lax"], cookie[1..].Select(a => a.ToLowerInvariant()).Where(a => !a.StartsWith("expires", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task Linking_again_changes_nothing()
    {
        var (visitor, session) = await OpenAsync();
        var user = ChatClient.NewId("user");

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal((session, "open"), Stands((await SignInAsync(user, visitor.SessionToken)).Expect(HttpStatusCode.OK)));
        }

        Assert.Single((await ChatClient.Account(nodes, user).GetAsync("chat/history"))["messages"]!.AsArray());
        Assert.Empty(await EarlierAsync(session));
    }

    [Fact]
    public async Task Linking_at_once_from_ten_tabs_links_once()
    {
        var (visitor, session) = await OpenAsync();
        var user = ChatClient.NewId("user");

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => SignInAsync(user, visitor.SessionToken)));

        Assert.All(answers, answer => Assert.Equal((session, "open"), Stands(answer.Expect(HttpStatusCode.OK))));
        Assert.Single((await ChatClient.Account(nodes, user).GetAsync("chat/history"))["messages"]!.AsArray());
    }

    [Fact]
    public async Task An_account_with_an_active_session_keeps_it_and_the_anonymous_one_is_closed_and_listed()
    {
        var (visitor, anonymous) = await OpenAsync();
        await visitor.SayAsync("Before I signed in");
        await visitor.CallOperatorAsync();
        var user = ChatClient.NewId("user");
        var current = (string)(await ChatClient.Account(nodes, user).OpenAsync())["sessionId"]!;

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal((current, "open"), Stands((await SignInAsync(user, visitor.SessionToken)).Expect(HttpStatusCode.OK)));
        }

        (await visitor.GetAsync("chat/history")).ExpectProblem(401, "invalid_session_token");
        var closed = await Supervisor.GetAsync($"operator/sessions/{anonymous}");
        Assert.Equal("closed", (string?)closed["session"]!["status"]);
        Assert.Equal(user, (string?)closed["session"]!["visitor"]!["userId"]);
        Assert.Equal([null, "operator_called", "account_linked", "closed"], closed["messages"]!.AsArray().Select(m => (string?)m!["event"]));
        Assert.Equal([anonymous], await EarlierAsync(current));
        (await ChatClient.Operator(nodes).PostAsync("operator/calls/claim", new { sessionId = anonymous })).ExpectProblem(409, "session_closed");
    }

    [Fact]
    public async Task An_operator_that_had_the_anonymous_session_sees_it_closed()
    {
        var (visitor, anonymous) = await OpenAsync();
        await visitor.CallOperatorAsync();
        var dana = ChatClient.Operator(nodes);
        (await dana.PostAsync("operator/calls/claim", new { sessionId = anonymous })).Expect(HttpStatusCode.OK);
        var user = ChatClient.NewId("user");
        await ChatClient.Account(nodes, user).OpenAsync();

        await SignInAsync(user, visitor.SessionToken);

        Assert.Empty((await dana.GetAsync("operator/sessions"))["sessions"]!.AsArray());
        Assert.Equal(anonymous, (string?)Assert.Single((await dana.GetAsync("operator/sessions?state=closed"))["sessions"]!.AsArray())!["sessionId"]);
        (await dana.SayAsync("Are you there?", sessionId: anonymous)).ExpectProblem(409, "session_closed");
    }

    [Fact]
    public async Task An_account_whose_session_is_closed_goes_on_with_the_anonymous_one()
    {
        var user = ChatClient.NewId("user");
        var account = ChatClient.Account(nodes, user);
        var closed = (string)(await account.OpenAsync())["sessionId"]!;
        await account.PostAsync("chat/session/close");
        await account.GetFromEachAsync(nodes, "chat/history");
        var (visitor, anonymous) = await OpenAsync();

        Assert.Equal((anonymous, "open"), Stands(await SignInAsync(user, visitor.SessionToken)));

        Assert.Equal([closed], await EarlierAsync(anonymous));
        foreach (var history in await account.GetFromEachAsync(nodes, "chat/history"))
        {
            Assert.Equal(anonymous, (string?)history["sessionId"]);
        }
    }

    [Fact]
    public async Task A_dead_token_links_nothing_for_another_account()
    {
        var (visitor, session) = await OpenAsync();
        var owner = ChatClient.NewId("user");
        await SignInAsync(owner, visitor.SessionToken);

        var thief = (await SignInAsync(ChatClient.NewId("user"), visitor.SessionToken)).Expect(HttpStatusCode.Created);

        Assert.NotEqual(session, (string?)thief["sessionId"]);
        Assert.Equal(session, (string?)(await ChatClient.Account(nodes, owner).OpenAsync())["sessionId"]);
        Assert.Empty(await EarlierAsync((string)thief["sessionId"]!));
    }

    [Fact]
    public async Task A_closed_anonymous_session_is_not_taken_over_and_stays_its_visitors()
    {
        var (visitor, anonymous) = await OpenAsync();
        await visitor.PostAsync("chat/session/close");

        var opened = (await SignInAsync(ChatClient.NewId("user"), visitor.SessionToken)).Expect(HttpStatusCode.Created);

        Assert.NotEqual(anonymous, (string?)opened["sessionId"]);
        Assert.Equal(anonymous, (string?)(await visitor.GetAsync("chat/history")).Expect(HttpStatusCode.OK)["sessionId"]);
    }

    [Fact]
    public async Task Two_anonymous_sessions_linked_at_once_leave_one_active_and_one_listed()
    {
        for (var round = 0; round < 10; round++)
        {
            var ((laptop, a), (phone, b)) = (await OpenAsync(), await OpenAsync());
            var user = ChatClient.NewId("user");

            var answers = await Task.WhenAll(SignInAsync(user, laptop.SessionToken), SignInAsync(user, phone.SessionToken));

            var active = Assert.Single(answers.Select(answer => Stands(answer.Expect(HttpStatusCode.OK))).Distinct()).Session;
            var closed = active == a ? b : a;
            Assert.Equal([closed], await EarlierAsync(active!));
            Assert.Equal("closed", (string?)(await Supervisor.GetAsync($"operator/sessions/{closed}"))["session"]!["status"]);
            Assert.Equal((active, "open"), Stands(await ChatClient.Account(nodes, user).OpenAsync()));
        }
    }

    [Fact]
    public async Task The_bearer_token_decides_where_both_come_along()
    {
        var (visitor, anonymous) = await OpenAsync();
        var account = ChatClient.Account(nodes, ChatClient.NewId("user"));
        var own = (string?)(await account.OpenAsync())["sessionId"];
        account.SessionToken = visitor.SessionToken;
        Assert.Equal(own, (string?)(await account.GetAsync("chat/history"))["sessionId"]);

        var newcomer = ChatClient.Account(nodes, ChatClient.NewId("user"));
        newcomer.SessionToken = visitor.SessionToken;
        (await newcomer.GetAsync("chat/history")).ExpectProblem(404, "session_not_found");
        var dana = ChatClient.Operator(nodes);
        dana.SessionToken = visitor.SessionToken;
        (await dana.GetAsync("chat/history")).ExpectProblem(403, "not_assigned");
        (await dana.OpenAsync()).ExpectProblem(403, "forbidden");

        Assert.Equal(anonymous, (string?)(await visitor.GetAsync("chat/history")).Expect(HttpStatusCode.OK)["sessionId"]);
    }

    private ChatClient Supervisor => ChatClient.Operator(nodes, role: "supervisor");

    private async Task<(ChatClient Visitor, string Session)> OpenAsync()
    {
        var visitor = ChatClient.Anonymous(nodes);
        return (visitor, (string)(await visitor.OpenAsync())["sessionId"]!);
    }

    private Task<Answer> SignInAsync(string user, string? token)
    {
        var account = ChatClient.Account(nodes, user, "Ann");
        account.SessionToken = token;
        return account.OpenAsync();
    }

    private async Task<IEnumerable<string?>> EarlierAsync(string session) =>
        (await Supervisor.GetAsync($"operator/sessions/{session}"))["earlierSessions"]!.AsArray().Select(earlier => (string?)earlier!["sessionId"]);

    private static (string? Session, string? Status) Stands(Answer session) => ((string?)session["sessionId"], (string?)session["status"]);
}
