using System.Net;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>DELETE /chat/session: the conversation is gone for everybody, everywhere and at once.</summary>
public sealed class EraseSessionTests(PrivateNodes own) : IClassFixture<PrivateNodes>
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);

    private readonly ChatClient dana = ChatClient.Operator(own.Nodes);

    private ChatNodes Nodes => own.Nodes;

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var who in (string[])["header", "cookie", "account", "linked account"])
            {
                foreach (var status in (string[])["open", "waiting", "active", "closed", "closed by the operator"])
                {
                    cases.Add(who, status);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Nothing_is_left_of_a_session_however_it_stood(string who, string status)
    {
        var visitor = who.Contains("account", StringComparison.Ordinal) ? ChatClient.Account(Nodes, ChatClient.NewId("user")) : ChatClient.Anonymous(Nodes);
        var session = await OpenAsync(visitor, who, status);
        await visitor.GetFromEachAsync(Nodes, "chat/history");

        var erased = (await DeleteAsync(visitor, who == "cookie")).Expect(HttpStatusCode.NoContent);

        Assert.StartsWith("chat_session=;", Assert.Single(erased.Headers["Set-Cookie"]), StringComparison.Ordinal);
        Assert.Empty(await Mentions.OfAsync(Nodes.Redis.Database, [session]));
        var (refused, code) = visitor.Bearer is null ? (401, "invalid_session_token") : (404, "session_not_found");
        foreach (var node in Nodes.Addresses)
        {
            (await visitor.SendToAsync(node, HttpMethod.Get, "chat/history")).ExpectProblem(refused, code);
            (await visitor.SendToAsync(node, HttpMethod.Get, "chat/poll?after=0-0")).ExpectProblem(refused, code);
            (await visitor.SendToAsync(node, HttpMethod.Post, "chat/message", new { text = "Hello?" })).ExpectProblem(refused, code);
            (await visitor.SendToAsync(node, HttpMethod.Post, "chat/session/call-operator")).ExpectProblem(refused, code);
            (await visitor.SendToAsync(node, HttpMethod.Delete, "chat/session")).ExpectProblem(refused, code);
        }

        await IsForgottenByOperatorsAsync(session);
        var next = (await visitor.OpenAsync()).Expect(HttpStatusCode.Created);
        Assert.NotEqual(session, (string?)next["sessionId"]);
        foreach (var history in await visitor.GetFromEachAsync(Nodes, "chat/history"))
        {
            Assert.Equal((string?)next["sessionId"], (string?)history["sessionId"]);
            Assert.Empty(history["messages"]!.AsArray());
        }
    }

    [Fact]
    public async Task Without_a_session_there_is_nothing_to_erase_and_operators_erase_none()
    {
        (await DeleteAsync(ChatClient.Anonymous(Nodes))).ExpectProblem(404, "session_not_found");
        (await DeleteAsync(ChatClient.Account(Nodes, ChatClient.NewId("user")))).ExpectProblem(404, "session_not_found");
        var visitor = ChatClient.Anonymous(Nodes);
        await OpenAsync(visitor, "header", "active");

        foreach (var caller in new[] { dana, ChatClient.Operator(Nodes, role: "supervisor") })
        {
            caller.SessionToken = visitor.SessionToken;
            (await DeleteAsync(caller)).ExpectProblem(403, "forbidden");
        }

        Assert.Equal("active", (string?)(await visitor.GetAsync("chat/history"))["status"]);
    }

    [Fact]
    public async Task Only_the_present_session_of_an_account_goes_and_the_earlier_one_stays()
    {
        var account = ChatClient.Account(Nodes, ChatClient.NewId("user"));
        var earlier = await OpenAsync(account, "account", "closed");
        var present = await OpenAsync(account, "account", "open");

        (await DeleteAsync(account)).Expect(HttpStatusCode.NoContent);

        Assert.Empty(await Mentions.OfAsync(Nodes.Redis.Database, [present]));
        Assert.Equal("closed", (string?)(await Supervisor.GetAsync($"operator/sessions/{earlier}")).Expect(HttpStatusCode.OK)["session"]!["status"]);
        (await account.GetAsync("chat/history")).ExpectProblem(404, "session_not_found");
        var next = (string)(await account.OpenAsync()).Expect(HttpStatusCode.Created)["sessionId"]!;
        Assert.Equal([earlier], (await Supervisor.GetAsync($"operator/sessions/{next}"))["earlierSessions"]!.AsArray().Select(e => (string?)e!["sessionId"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_waits_for_news_of_it_is_told_at_once(bool isAccount)
    {
        var visitor = isAccount ? ChatClient.Account(Nodes, ChatClient.NewId("user")) : ChatClient.Anonymous(Nodes);
        var session = await OpenAsync(visitor, isAccount ? "account" : "header", "active");
        var cursor = (string?)(await visitor.GetAsync("chat/history"))["cursor"];
        var news = (await dana.GetAsync("operator/poll")).Expect(HttpStatusCode.OK);
        Assert.Contains(session, Ids(news));

        Task<Answer>[] waits =
        [
            .. Nodes.Addresses.Select(node => visitor.SendToAsync(node, HttpMethod.Get, $"chat/poll?after={cursor}&wait=25")),
            .. Nodes.Addresses.Select(node => dana.SendToAsync(node, HttpMethod.Get, $"chat/poll?after={cursor}&wait=25&sessionId={session}")),
            .. Nodes.Addresses.Select(node => dana.SendToAsync(node, HttpMethod.Get, $"operator/poll?after={news["cursor"]}&wait=25")),
        ];
        await Mentions.ListeningAsync(Nodes.Redis.Database, session, 2);
        Assert.DoesNotContain(waits, wait => wait.IsCompleted);
        (await DeleteAsync(visitor)).Expect(HttpStatusCode.NoContent);

        var answers = await Task.WhenAll(waits).WaitAsync(AtOnce, TestContext.Current.CancellationToken);
        Assert.All(answers[..2], answer => answer.ExpectProblem(isAccount ? 404 : 401, isAccount ? "session_not_found" : "invalid_session_token"));
        Assert.All(answers[2..4], answer => answer.ExpectProblem(403, "not_assigned"));
        Assert.All(answers[4..], answer => Assert.DoesNotContain(session, Ids(answer.Expect(HttpStatusCode.OK))));
    }

    [Fact]
    public async Task A_session_that_was_erased_is_not_learnt_again_from_a_repeated_message()
    {
        var visitor = ChatClient.Anonymous(Nodes);
        await OpenAsync(visitor, "header", "open");
        (await DeleteAsync(visitor)).Expect(HttpStatusCode.NoContent);

        (await visitor.SayAsync("Mine", "once")).ExpectProblem(401, "invalid_session_token");
        (await visitor.PostAsync("chat/typing", new { typing = true })).ExpectProblem(401, "invalid_session_token");
        (await visitor.PostAsync("chat/session/close")).ExpectProblem(401, "invalid_session_token");
        (await visitor.PostAsync("chat/session/rating", new { score = 5 })).ExpectProblem(401, "invalid_session_token");
        Assert.False(await Nodes.Redis.Database.KeyExistsAsync(Keys.Session(visitor.SessionToken!.Split('.')[0])));
    }

    private ChatClient Supervisor => ChatClient.Operator(Nodes, role: "supervisor");

    /// <summary>Opens a session, says something in it and brings it where the test wants it.</summary>
    private async Task<string> OpenAsync(ChatClient visitor, string who, string status)
    {
        var bearer = visitor.Bearer;
        if (who == "linked account")
        {
            visitor.Bearer = null;
            await visitor.OpenAsync();
            visitor.Bearer = bearer;
        }

        var session = (string)(await visitor.OpenAsync(new { name = "Vera", department = "billing" }))["sessionId"]!;
        (await visitor.SayAsync("Mine", "once")).Expect(HttpStatusCode.Created);
        await visitor.GetAsync("chat/poll");
        if (status is "waiting" or "active" or "closed by the operator")
        {
            (await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        }

        if (status is "active" or "closed by the operator")
        {
            (await dana.PostAsync("operator/calls/claim", new { sessionId = session })).Expect(HttpStatusCode.OK);
            (await dana.SayAsync("Hello", sessionId: session)).Expect(HttpStatusCode.Created);
            (await dana.PostAsync($"operator/sessions/{session}/notes", new { text = "Friendly" })).Expect(HttpStatusCode.Created);
        }

        if (status == "closed by the operator")
        {
            (await dana.PostAsync($"operator/sessions/{session}/close")).Expect(HttpStatusCode.OK);
        }

        if (status == "closed")
        {
            (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        }

        return session;
    }

    private async Task IsForgottenByOperatorsAsync(string session)
    {
        foreach (var state in (string[])["mine", "waiting", "active", "closed"])
        {
            Assert.DoesNotContain(session, Ids(await dana.GetAsync($"operator/sessions?state={state}")));
            Assert.DoesNotContain(session, Ids(await Supervisor.GetAsync($"operator/sessions?state={state}")));
        }

        Assert.DoesNotContain(session, (await dana.GetAsync("operator/calls"))["calls"]!.AsArray().Select(call => (string?)call!["sessionId"]));
        (await Supervisor.GetAsync($"operator/sessions/{session}")).ExpectProblem(404, "session_not_found");
        (await dana.GetAsync($"operator/sessions/{session}")).ExpectProblem(404, "session_not_found");
        (await dana.PostAsync("operator/calls/claim", new { sessionId = session })).ExpectProblem(404, "session_not_found");
        (await dana.SayAsync("Are you there?", sessionId: session)).ExpectProblem(403, "not_assigned");
        (await dana.PostAsync($"operator/sessions/{session}/notes", new { text = "Gone" })).ExpectProblem(404, "session_not_found");
        foreach (var (step, body) in new (string, object?)[] { ("release", null), ("close", null), ("transfer", new { department = "support" }), ("block", new { minutes = 5 }) })
        {
            (await dana.PostAsync($"operator/sessions/{session}/{step}", body)).ExpectProblem(403, "not_assigned");
        }

        Assert.Empty(await Mentions.OfAsync(Nodes.Redis.Database, [session]));
    }

    private static Task<Answer> DeleteAsync(ChatClient caller, bool byCookie = false)
    {
        if (!byCookie)
        {
            return caller.SendAsync(HttpMethod.Delete, "chat/session", null);
        }

        return caller.SendAsync(HttpMethod.Delete, "chat/session", null, request =>
        {
            request.Headers.Remove("X-Chat-Session");
            request.Headers.Add("Cookie", $"chat_session={caller.SessionToken}");
        });
    }

    private static IEnumerable<string?> Ids(Answer answer) => answer.Expect(HttpStatusCode.OK)["sessions"]!.AsArray().Select(session => (string?)session!["sessionId"]);
}
