using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Hosting;

public sealed class SessionTokenTests(ChatNodes nodes)
{
    [Fact]
    public async Task Comes_as_a_cookie_too_that_scripts_and_other_sites_cannot_use()
    {
        var visitor = ChatClient.Anonymous(nodes);
        foreach (var opened in new[] { await visitor.OpenAsync(), await visitor.OpenAsync() })
        {
            var cookie = Assert.Single(opened.Headers["Set-Cookie"]).Split("; ");
            Assert.Equal($"chat_session={opened["token"]}", cookie[0]);
            Assert.Equal(["httponly", "max-age=2592000", "path=/", "samesite=lax"], cookie[1..].Select(attribute => attribute.ToLowerInvariant()).Order());
        }
    }

    [Fact]
    public async Task Is_taken_from_the_cookie_alone()
    {
        var opened = await ChatClient.Anonymous(nodes).OpenAsync();

        var history = await SendAsync("GET chat/history", header: null, cookie: (string?)opened["token"]);
        Assert.Equal((string?)opened["sessionId"], (string?)history.Expect(HttpStatusCode.OK)["sessionId"]);
        var again = await SendAsync("POST chat/session", header: null, cookie: (string?)opened["token"]);
        Assert.Equal((string?)opened["sessionId"], (string?)again.Expect(HttpStatusCode.OK)["sessionId"]);
    }

    [Fact]
    public async Task Is_taken_from_the_header_where_both_are_sent()
    {
        var (mine, other) = (await ChatClient.Anonymous(nodes).OpenAsync(), await ChatClient.Anonymous(nodes).OpenAsync());

        var history = await SendAsync("GET chat/history", (string?)mine["token"], (string?)other["token"]);
        Assert.Equal((string?)mine["sessionId"], (string?)history["sessionId"]);
        (await SendAsync("GET chat/history", "not-a-token", (string?)other["token"])).ExpectProblem(401, "invalid_session_token");
    }

    public static TheoryData<string> WrongTokens => ["never issued", "another secret", "one character changed", "session id alone", "no secret", "too long", "malformed", "not ascii", "padded"];

    [Theory]
    [MemberData(nameof(WrongTokens))]
    public async Task A_wrong_one_opens_a_new_session_under_a_new_token_and_nothing_else(string kind)
    {
        var opened = await ChatClient.Anonymous(nodes).OpenAsync();
        var (session, token) = ((string)opened["sessionId"]!, (string)opened["token"]!);
        var wrong = kind switch
        {
            "never issued" => $"{Random(16)}.{Random(32)}",
            "another secret" => $"{session}.{Random(32)}",
            "one character changed" => token[..^2] + (token[^2] == 'A' ? 'B' : 'A') + token[^1],
            "session id alone" => session,
            "no secret" => session + ".",
            "too long" => token + "A",
            "malformed" => "x",
            "not ascii" => token[..^1] + "%C3%A9",
            "padded" => token + "=",
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };

        foreach (var (header, cookie) in new (string?, string?)[] { (wrong, null), (null, wrong) })
        {
            foreach (var call in Calls)
            {
                (await SendAsync(call, header, cookie)).ExpectProblem(401, "invalid_session_token");
            }

            var fresh = (await SendAsync("POST chat/session", header, cookie)).Expect(HttpStatusCode.Created);
            Assert.NotEqual(session, (string?)fresh["sessionId"]);
            Assert.NotEqual(wrong, (string?)fresh["token"]);
            Assert.NotEqual(wrong.Split('.')[0], (string?)fresh["sessionId"]);
        }

        (await SendAsync("GET chat/history", token, null)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_any_credential_there_is_no_session()
    {
        foreach (var call in Calls)
        {
            (await SendAsync(call, null, null)).ExpectProblem(404, "session_not_found");
            (await SendAsync(call, "", "")).ExpectProblem(404, "session_not_found");
        }
    }

    [Fact]
    public async Task Of_an_expired_session_is_worth_no_more_than_one_that_was_never_issued()
    {
        var opened = await ChatClient.Anonymous(nodes).OpenAsync();
        var (session, token) = ((string)opened["sessionId"]!, (string)opened["token"]!);
        await Redis.KeyDeleteAsync(Keys.OfSession(session));

        foreach (var call in Calls)
        {
            (await SendAsync(call, token, null)).ExpectProblem(401, "invalid_session_token");
        }

        Assert.NotEqual(session, (string?)(await SendAsync("POST chat/session", token, null)).Expect(HttpStatusCode.Created)["sessionId"]);
        Assert.False(await Redis.KeyExistsAsync(Keys.Session(session)), "A token of the visitor's choice was adopted.");
    }

    [Fact]
    public async Task Of_a_closed_session_still_reads_it_while_opening_gives_a_new_one()
    {
        var visitor = ChatClient.Anonymous(nodes);
        var first = await visitor.OpenAsync();
        await visitor.SayAsync("Hello");
        await visitor.PostAsync("chat/session/close");

        var second = (await visitor.OpenAsync()).Expect(HttpStatusCode.Created);
        Assert.NotEqual((string?)first["sessionId"], (string?)second["sessionId"]);
        Assert.NotEqual((string?)first["token"], (string?)second["token"]);

        visitor.SessionToken = (string?)first["token"];
        foreach (var history in await visitor.GetFromEachAsync(nodes, "chat/history"))
        {
            Assert.Equal(((string?)first["sessionId"], "closed"), ((string?)history["sessionId"], (string?)history["status"]));
        }
    }

    [Fact]
    public async Task Is_never_stored_but_its_digest_is()
    {
        var visitor = ChatClient.Anonymous(nodes);
        var opened = await visitor.OpenAsync(new { name = "Ann" });
        await visitor.SayAsync("Hello", "first");
        await visitor.CallOperatorAsync();
        await visitor.GetAsync("chat/poll");

        var token = visitor.SessionToken!;
        var keys = Keys.OfSession((string)opened["sessionId"]!);
        var hash = await Redis.HashGetAllAsync(keys[0]);
        var stored = string.Join('\n', [
            .. hash.Concat(await Redis.HashGetAllAsync(keys[2])).Select(field => $"{field.Name} {field.Value}"),
            .. (await Redis.StreamRangeAsync(keys[1])).SelectMany(entry => entry.Values).Select(field => $"{field.Name} {field.Value}")]);

        Assert.Contains("Hello", stored, StringComparison.Ordinal);
        Assert.DoesNotContain(token.Split('.')[1], stored, StringComparison.Ordinal);
        Assert.Equal(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(token))), (string?)hash.Single(field => field.Name == "token").Value);
    }

    /// <summary>Every call of a visitor but the one that creates sessions.</summary>
    private static readonly string[] Calls =
        ["GET chat/history", "GET chat/poll", "GET chat/poll?after=0-0&wait=1", "POST chat/message", "POST chat/session/call-operator", "POST chat/session/close"];

    private StackExchange.Redis.IDatabase Redis => nodes.Redis.Database;

    private Task<Answer> SendAsync(string call, string? header, string? cookie)
    {
        var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
        var body = path == "chat/message" ? new StringContent("""{ "text": "Hello" }""", Encoding.UTF8, "application/json") : null;
        return ChatClient.Anonymous(nodes).SendAsync(new HttpMethod(method), path, body, request =>
        {
            if (header is not null)
            {
                request.Headers.TryAddWithoutValidation("X-Chat-Session", header);
            }

            if (cookie is not null)
            {
                request.Headers.TryAddWithoutValidation("Cookie", $"other=1; chat_session={cookie}");
            }
        });
    }

    private static string Random(int bytes) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));
}
