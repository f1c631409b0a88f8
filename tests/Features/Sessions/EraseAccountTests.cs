using System.Net;
using System.Net.Http.Json;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>POST /accounts/erase: everything that exactly one account has said, at the word of a supervisor or of the platform.</summary>
public sealed class EraseAccountTests(ChatNodes nodes) : IAsyncLifetime
{
    private const string Key = "the platform's key";

    private readonly string user = ChatClient.NewId("user");
    private ChatNodes? own;

    private ChatNodes Nodes => own!;

    private ChatClient Supervisor => ChatClient.Operator(Nodes, role: "supervisor");

    public async ValueTask InitializeAsync() =>
        own = await ChatNodes.StartAsync(nodes.Redis.Configuration, 2, new Dictionary<string, string> { ["Platform:ApiKey"] = Key });

    public async ValueTask DisposeAsync() => await own!.DisposeAsync();

    [Theory]
    [InlineData("a supervisor")]
    [InlineData("the platform")]
    public async Task All_conversations_of_the_account_go_and_nobody_elses(string who)
    {
        var account = ChatClient.Account(Nodes, user);
        var mine = new List<string> { await OpenAsync(account, close: true) };
        mine.AddRange(await LinkedAndClosedAsync(account));
        mine.AddRange(await OpenAsync(account, close: true), await OpenAsync(account, close: false));
        await account.GetFromEachAsync(Nodes, "chat/history");
        var others = new Dictionary<string, string>();
        foreach (var id in (string[])[user + "2", user[..^1], user.ToUpperInvariant(), " " + user, user + " ", user + ":earlier"])
        {
            others[id] = await OpenAsync(ChatClient.Account(Nodes, id), close: false);
        }

        Assert.Equal(5, mine.Distinct().Count());
        var erased = who == "a supervisor" ? await EraseAsync(Supervisor, user) : await EraseAsync(ChatClient.Anonymous(Nodes), user, ("X-Api-Key", Key));

        Assert.Equal(5, (int)erased.Expect(HttpStatusCode.OK)["erased"]!);
        Assert.Empty(await Mentions.OfAsync(Nodes.Redis.Database, mine));
        foreach (var history in await account.GetFromEachAsync(Nodes, "chat/history"))
        {
            history.ExpectProblem(404, "session_not_found");
        }

        foreach (var id in mine)
        {
            (await Supervisor.GetAsync($"operator/sessions/{id}")).ExpectProblem(404, "session_not_found");
        }

        foreach (var (id, session) in others)
        {
            Assert.Equal(session, (string?)(await ChatClient.Account(Nodes, id).GetAsync("chat/history")).Expect(HttpStatusCode.OK)["sessionId"]);
        }

        Assert.Equal(0, (int)(await EraseAsync(Supervisor, user)).Expect(HttpStatusCode.OK)["erased"]!);
        Assert.DoesNotContain((string)(await account.OpenAsync()).Expect(HttpStatusCode.Created)["sessionId"]!, mine);
    }

    [Fact]
    public async Task What_an_account_never_said_is_no_conversation() =>
        Assert.Equal(0, (int)(await EraseAsync(Supervisor, user)).Expect(HttpStatusCode.OK)["erased"]!);

    [Fact]
    public async Task An_expired_session_is_not_counted_and_its_name_goes_too()
    {
        var session = await OpenAsync(ChatClient.Account(Nodes, user), close: false);
        await Nodes.Redis.Database.KeyDeleteAsync(Intotes.Chat.Storage.Keys.OfSession(session));

        Assert.Equal(0, (int)(await EraseAsync(Supervisor, user)).Expect(HttpStatusCode.OK)["erased"]!);

        Assert.Empty(await Mentions.OfAsync(Nodes.Redis.Database, [session]));
    }

    [Fact]
    public async Task A_block_outlives_what_is_erased()
    {
        var account = ChatClient.Account(Nodes, user);
        var session = await OpenAsync(account, close: false);
        (await Supervisor.PostAsync($"operator/sessions/{session}/block", new { minutes = 10 })).Expect(HttpStatusCode.NoContent);

        Assert.Equal(1, (int)(await EraseAsync(Supervisor, user)).Expect(HttpStatusCode.OK)["erased"]!);

        (await account.OpenAsync()).ExpectProblem(403, "blocked");
    }

    [Fact]
    public async Task Nobody_else_may()
    {
        var account = ChatClient.Account(Nodes, user);
        var session = await OpenAsync(account, close: false);
        var visitor = ChatClient.Anonymous(Nodes);
        await visitor.OpenAsync();

        (await EraseAsync(account, user)).ExpectProblem(403, "forbidden");
        (await EraseAsync(ChatClient.Operator(Nodes), user)).ExpectProblem(403, "forbidden");
        (await EraseAsync(visitor, user)).ExpectProblem(401, "invalid_token");
        (await EraseAsync(ChatClient.Anonymous(Nodes), user)).ExpectProblem(401, "invalid_token");
        foreach (var wrong in (string[])["wrong", Key + "x", Key[..^1], Key.ToUpperInvariant(), $"{Key}, {Key}", $"Bearer {Key}", " "])
        {
            (await EraseAsync(ChatClient.Anonymous(Nodes), user, ("X-Api-Key", wrong))).ExpectProblem(401, "invalid_token");
        }

        (await EraseAsync(ChatClient.Anonymous(Nodes), user, ("Authorization", Key))).ExpectProblem(401, "invalid_token");
        (await EraseAsync(ChatClient.Anonymous(Nodes), user, ("Cookie", $"X-Api-Key={Key}"))).ExpectProblem(401, "invalid_token");
        (await ChatClient.Anonymous(Nodes).PostAsync($"accounts/erase?X-Api-Key={Uri.EscapeDataString(Key)}", new { userId = user, apiKey = Key })).ExpectProblem(401, "invalid_token");
        (await EraseAsync(ChatClient.Anonymous(Nodes), user, ("X-Api-Key", Key), ("Authorization", "Bearer nonsense"))).ExpectProblem(401, "invalid_token");
        (await EraseAsync(ChatClient.Anonymous(Nodes), user, ("X-Api-Key", Key), ("Origin", "https://evil.example"))).ExpectProblem(403, "forbidden");
        Assert.Equal(session, (string?)(await account.GetAsync("chat/history")).Expect(HttpStatusCode.OK)["sessionId"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Key)]
    [InlineData("null")]
    public async Task Where_no_key_is_configured_none_opens(string key)
    {
        (await EraseAsync(ChatClient.Anonymous(nodes), user, ("X-Api-Key", key))).ExpectProblem(401, "invalid_token");
        Assert.Equal(0, (int)(await EraseAsync(ChatClient.Operator(nodes, role: "supervisor"), user)).Expect(HttpStatusCode.OK)["erased"]!);
    }

    [Fact]
    public async Task The_key_opens_nothing_else()
    {
        foreach (var path in (string[])["operator/calls", "operator/sessions", "operator/stats"])
        {
            (await ChatClient.Anonymous(Nodes).SendAsync(HttpMethod.Get, path, null, request => request.Headers.Add("X-Api-Key", Key))).ExpectProblem(401, "invalid_token");
        }

        (await ChatClient.Anonymous(Nodes).SendAsync(HttpMethod.Get, "chat/history", null, request => request.Headers.Add("X-Api-Key", Key))).ExpectProblem(404, "session_not_found");
    }

    [Fact]
    public async Task The_account_is_named_in_the_body_and_nowhere_else()
    {
        var session = await OpenAsync(ChatClient.Account(Nodes, user), close: false);

        (await Supervisor.PostAsync($"accounts/erase?userId={user}")).ExpectInvalid("userId");
        (await Supervisor.PostAsync($"accounts/erase?userId={user}", new { userId = "" })).ExpectInvalid("userId");
        (await Supervisor.PostAsync("accounts/erase", new { userId = new string('u', 1001) })).ExpectInvalid("userId");
        (await Supervisor.PostAsync("accounts/erase", new { userId = new[] { user } })).ExpectInvalid("userId");
        Assert.Equal(0, (int)(await Supervisor.PostAsync($"accounts/erase?userId={user}", new { userId = user + "2" })).Expect(HttpStatusCode.OK)["erased"]!);
        Assert.Equal(session, (string?)(await ChatClient.Account(Nodes, user).GetAsync("chat/history"))["sessionId"]);
    }

    private static Task<Answer> EraseAsync(ChatClient caller, string userId, params (string Name, string Value)[] headers) =>
        caller.SendAsync(HttpMethod.Post, "accounts/erase", JsonContent.Create(new { userId }), request =>
        {
            foreach (var (name, value) in headers)
            {
                Assert.True(request.Headers.TryAddWithoutValidation(name, value));
            }
        });

    private static async Task<string> OpenAsync(ChatClient account, bool close)
    {
        var session = (string)(await account.OpenAsync()).Expect(HttpStatusCode.Created)["sessionId"]!;
        (await account.SayAsync("Mine")).Expect(HttpStatusCode.Created);
        if (close)
        {
            (await account.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        }

        return session;
    }

    /// <summary>An account's session, and an anonymous one that it brought along meanwhile.</summary>
    private async Task<string[]> LinkedAndClosedAsync(ChatClient account)
    {
        var current = (string)(await account.OpenAsync())["sessionId"]!;
        var visitor = ChatClient.Anonymous(Nodes);
        var brought = (string)(await visitor.OpenAsync())["sessionId"]!;
        account.SessionToken = visitor.SessionToken;
        await account.OpenAsync();
        account.SessionToken = null;
        (await account.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        return [current, brought];
    }
}
