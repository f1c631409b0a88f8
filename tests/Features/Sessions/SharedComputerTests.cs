using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Hosting;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>What a browser has left over, or was given by somebody else, opens nothing: planted tokens, old cookies, tokens in the wrong place.</summary>
public sealed class SharedComputerTests(ChatNodes nodes)
{
    /// <summary>Every call of a visitor but the one that opens a session, with a body that would be taken.</summary>
    private static readonly (string Call, object? Body)[] Calls =
    [
        ("GET chat/history", null), ("GET chat/poll", null), ("GET chat/poll?after=0-0&wait=1", null), ("GET chat/session/transcript", null), ("POST chat/message", new { text = "Me again" }),
        ("POST chat/session/call-operator", null), ("POST chat/typing", new { typing = true }), ("POST chat/read", new { upTo = "1-0" }), ("POST chat/session/close", null),
        ("POST chat/session/rating", new { score = 1 }), ("DELETE chat/session", null),
    ];

    private Browser Browser { get; } = new(nodes.NextAddress());

    [Theory]
    [InlineData("signed in")]
    [InlineData("signed in beside another session")]
    [InlineData("erased")]
    [InlineData("expired")]
    public async Task After_the_end_of_a_token_neither_it_nor_its_cookie_nor_nothing_reads_the_conversation(string end)
    {
        var (token, account) = (await SpokenAsync(), Bearer(ChatClient.NewId("user")));
        await EndAsync(token, account, end);

        foreach (var credential in new[] { ("X-Chat-Session", token), Browser.Cookie(token) })
        {
            foreach (var (call, body) in Calls)
            {
                using var content = body is null ? null : Browser.Json(body);
                (await Browser.SendAsync(call, content, credential)).ExpectProblem(401, "invalid_session_token");
            }

            await IsFreshAsync(await Browser.SendAsync("POST chat/session", credential), token);
        }

        foreach (var (call, body) in Calls)
        {
            using var content = body is null ? null : Browser.Json(body);
            (await Browser.SendAsync(call, content)).ExpectProblem(404, "session_not_found");
        }

        await IsFreshAsync(await Browser.SendAsync("POST chat/session"), token);
    }

    [Theory]
    [InlineData("signed in")]
    [InlineData("signed in beside another session")]
    [InlineData("erased")]
    [InlineData("expired")]
    [InlineData("closed")]
    public async Task The_next_customer_in_the_same_browser_sees_nothing_of_the_first(string end)
    {
        var (token, first, second) = (await SpokenAsync(), Bearer(ChatClient.NewId("user")), Bearer(ChatClient.NewId("user")));
        await EndAsync(token, first, end);

        foreach (var credential in new[] { ("X-Chat-Session", token), Browser.Cookie(token) })
        {
            await IsFreshAsync(await Browser.SendAsync("POST chat/session", second, credential), token, again: credential.Item1 == "Cookie");
            Assert.Empty((await Browser.SendAsync("GET chat/history", second, credential)).Expect(HttpStatusCode.OK)["messages"]!.AsArray());
            Assert.Empty((await Browser.SendAsync("GET chat/poll?after=0-0", second, credential)).Expect(HttpStatusCode.OK)["messages"]!.AsArray());
        }

        if (end == "signed in")
        {
            Assert.Equal("Mine", (string?)(await Browser.SendAsync("GET chat/history", first)).Expect(HttpStatusCode.OK)["messages"]![0]!["text"]);
        }
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("of an anonymous session")]
    [InlineData("of an account's session")]
    [InlineData("of an erased session")]
    public async Task A_planted_token_is_adopted_by_nobody(string whose)
    {
        var account = Bearer(ChatClient.NewId("user"));
        var owner = await SpokenAsync();
        var session = whose switch
        {
            "of an anonymous session" or "of an erased session" => owner[..22],
            "of an account's session" => (string)(await Browser.SendAsync("POST chat/session", account))["sessionId"]!,
            _ => Random(16),
        };
        if (whose == "of an erased session")
        {
            await EndAsync(owner, account, "erased");
        }

        var planted = $"{session}.{Random(32)}";
        foreach (var credential in new[] { ("X-Chat-Session", planted), Browser.Cookie(planted) })
        {
            var (one, two) = (await Browser.SendAsync("POST chat/session", credential), await Browser.SendAsync("POST chat/session", credential));
            await IsFreshAsync(one, planted);
            await IsFreshAsync(two, planted);
            Assert.NotEqual((string?)one["sessionId"], (string?)two["sessionId"]);
            Assert.StartsWith($"chat_session={one["token"]};", Assert.Single(one.Headers["Set-Cookie"]), StringComparison.Ordinal);
            Assert.NotEqual(session, (string?)(await Browser.SendAsync("POST chat/session", Bearer(ChatClient.NewId("user")), credential)).Expect(HttpStatusCode.Created)["sessionId"]);
            (await Browser.SendAsync("GET chat/history", credential)).ExpectProblem(401, "invalid_session_token");
        }

        Assert.Equal(whose is "of an anonymous session" or "of an account's session", await nodes.Redis.Database.KeyExistsAsync(Keys.Session(session)));
    }

    [Fact]
    public async Task A_credential_counts_in_its_own_place_only()
    {
        var token = await SpokenAsync();
        var (_, bearer) = Bearer(ChatClient.NewId("user"));
        (await Browser.SendAsync("POST chat/session", ("Authorization", bearer))).Expect(HttpStatusCode.Created);
        var jwt = bearer["Bearer ".Length..];

        foreach (var name in (string[])["token", "sessionToken", "session_token", "X-Chat-Session", "x-chat-session", "chat_session", "sessionId", "access_token", "Authorization"])
        {
            foreach (var value in (string[])[token, token[..22], jwt, bearer])
            {
                (await Browser.SendAsync($"GET chat/history?{name}={Uri.EscapeDataString(value)}")).ExpectProblem(404, "session_not_found");
                (await Browser.SendAsync("GET chat/history", ("Cookie", $"{name}X={value}; X-Chat-Session={value}; __Host-chat_session={value}; Authorization={value}"))).ExpectProblem(404, "session_not_found");
                using var body = Browser.Json(new Dictionary<string, string> { ["text"] = "Me", [name] = value });
                (await Browser.SendAsync("POST chat/message", body)).ExpectProblem(404, "session_not_found");
                using var opening = Browser.Json(new Dictionary<string, string> { [name] = value });
                await IsFreshAsync(await Browser.SendAsync("POST chat/session", opening), token);
            }
        }

        (await Browser.SendAsync("GET chat/history", ("Authorization", $"Bearer {token}"))).ExpectProblem(401, "invalid_token");
        (await Browser.SendAsync("GET chat/history", ("X-Chat-Session", jwt))).ExpectProblem(401, "invalid_session_token");
        foreach (var header in new[] { ("Authorization", token), ("Authorization", $"Basic {token}"), ("X-Session-Token", token), ("X-Chat-Session-Id", token) })
        {
            (await Browser.SendAsync("GET chat/history", header)).ExpectProblem(404, "session_not_found");
        }

        Assert.Single((await Browser.SendAsync("GET chat/history", ("X-Chat-Session", token)))["messages"]!.AsArray());
    }

    [Fact]
    public async Task The_token_of_a_closed_session_reads_it_rates_it_and_no_more()
    {
        var token = await SpokenAsync();
        await EndAsync(token, default, "closed");

        foreach (var credential in new[] { ("X-Chat-Session", token), Browser.Cookie(token) })
        {
            foreach (var read in (string[])["GET chat/history", "GET chat/poll?after=0-0&wait=25", "GET chat/session/transcript"])
            {
                (await Browser.SendAsync(read, credential)).Expect(HttpStatusCode.OK);
            }

            foreach (var (write, body) in new (string, object)[] { ("chat/message", new { text = "One more" }), ("chat/session/call-operator", new { }), ("chat/typing", new { typing = true }) })
            {
                using var content = Browser.Json(body);
                (await Browser.SendAsync("POST " + write, content, credential)).ExpectProblem(409, "session_closed");
            }

            await IsFreshAsync(await Browser.SendAsync("POST chat/session", credential), token);
        }

        var history = await Browser.SendAsync("GET chat/history", ("X-Chat-Session", token));
        Assert.Equal(["Mine", "The chat was closed."], history["messages"]!.AsArray().Select(m => (string?)m!["event"] is null ? (string?)m["text"] : "The chat was closed."));
        Assert.Equal("closed", (string?)history["status"]);
    }

    private static (string, string) Bearer(string user) => ("Authorization", $"Bearer {Jwt.Issue(user)}");

    private static string Random(int bytes) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));

    private async Task<string> SpokenAsync()
    {
        var token = await Browser.OpenAsync();
        using var message = Browser.Json(new { text = "Mine" });
        (await Browser.SendAsync("POST chat/message", message, ("X-Chat-Session", token))).Expect(HttpStatusCode.Created);
        return token;
    }

    private async Task EndAsync(string token, (string, string) account, string how)
    {
        switch (how)
        {
            case "signed in beside another session":
                (await Browser.SendAsync("POST chat/session", account)).Expect(HttpStatusCode.Created);
                goto case "signed in";
            case "signed in":
                (await Browser.SendAsync("POST chat/session", account, Browser.Cookie(token))).Expect(HttpStatusCode.OK);
                break;
            case "erased":
                (await Browser.SendAsync("DELETE chat/session", Browser.Cookie(token))).Expect(HttpStatusCode.NoContent);
                break;
            case "closed":
                (await Browser.SendAsync("POST chat/session/close", Browser.Cookie(token))).Expect(HttpStatusCode.OK);
                break;
            case "expired":
                await nodes.Redis.Database.KeyDeleteAsync(Keys.OfSession(token[..22]));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(how));
        }
    }

    /// <summary>A session of its own, with nothing in it, under a name and a token that nobody knew.</summary>
    private async Task IsFreshAsync(Answer opened, string former, bool again = false)
    {
        opened.Expect(again ? HttpStatusCode.OK : HttpStatusCode.Created);
        Assert.NotEqual(former[..22], (string?)opened["sessionId"]);
        Assert.NotEqual(former, (string?)opened["token"]);
        Assert.Equal("open", (string?)opened["status"]);
        Assert.Equal(0, await nodes.Redis.Database.StreamLengthAsync(Keys.OfSession((string)opened["sessionId"]!)[1]));
    }
}
