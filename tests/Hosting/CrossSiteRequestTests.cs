using System.Net;
using System.Text;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Requests that a page of another site made the visitor's browser send, cookie and all (CSRF). None does or tells anything.</summary>
public sealed class CrossSiteRequestTests(ChatNodes nodes) : IAsyncLifetime
{
    private const string Shop = "https://shop.example";

    private ChatNodes? own;

    private Browser Browser => new(own!.Addresses[0]);

    public async ValueTask InitializeAsync() => own = await ChatNodes.StartAsync(nodes.Redis.Configuration, 1, CrossOriginTests.Settings);

    public async ValueTask DisposeAsync() => await own!.DisposeAsync();

    /// <summary>Origin and Sec-Fetch-Site of requests that are none of ours; {own} stands for the node's port.</summary>
    public static TheoryData<string?, string?> Foreign
    {
        get
        {
            var foreign = new TheoryData<string?, string?>
            {
                { null, "cross-site" }, { null, "same-site" }, { null, "bogus" }, { null, "same-origin, cross-site" }, { null, "Same-Origin" }, { "null", "cross-site" }, { "null", "same-site" },
                { "https://evil.example", null }, { "https://evil.example", "cross-site" }, { "https://evil.example", "same-site" }, { "http://127.0.0.1:1", "same-site" },
                { "https://127.0.0.1:{own}", null }, { "http://127.0.0.1:{own}0", null }, { "http://127.0.0.1", null }, { "http://localhost:{own}", null },
                { "http://127.0.0.1:{own}.evil.example", null }, { "http://127.0.0.1:{own}/", null }, { "http://127.0.0.1:{own} https://evil.example", null },
            };
            foreach (var stranger in CrossOriginTests.Strangers)
            {
                foreign.Add(stranger.Data, null);
            }

            return foreign;
        }
    }

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task A_request_of_another_site_is_refused_and_changes_nothing(string? origin, string? site)
    {
        var token = await Browser.OpenAsync();
        await SayAsync(token);
        var page = Page(origin, site);

        foreach (var (call, content) in CallsWithCookie())
        {
            using (content)
            {
                var refused = (await Browser.SendAsync(call, content, [.. page, Browser.Cookie(token)])).ExpectProblem(403, "forbidden");
                Assert.Empty(refused.Headers["Set-Cookie"]);
            }
        }

        await IsUntouchedAsync(token);
    }

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task Another_site_opens_no_session_for_a_browser_that_has_none_either(string? origin, string? site)
    {
        foreach (var content in Bodies())
        {
            using (content)
            {
                var refused = (await Browser.SendAsync("POST chat/session", content, Page(origin, site))).ExpectProblem(403, "forbidden");
                Assert.Empty(refused.Headers["Set-Cookie"]);
            }
        }
    }

    [Fact]
    public async Task What_the_page_claims_in_other_headers_changes_nothing()
    {
        var token = await Browser.OpenAsync();
        await SayAsync(token);
        foreach (var (name, value) in new[]
        {
            ("X-HTTP-Method-Override", "GET"), ("X-HTTP-Method", "GET"), ("X-Method-Override", "GET"), ("Referer", Shop + "/"), ("X-Requested-With", "XMLHttpRequest"),
            ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https"), ("Forwarded", "host=evil.example;proto=https"), ("Host", "evil.example:1"),
        })
        {
            (await Browser.SendAsync("DELETE chat/session", Browser.Cookie(token), ("Origin", "https://evil.example"), (name, value))).ExpectProblem(403, "forbidden");
            (await Browser.SendAsync("POST chat/session/close", Browser.Cookie(token), ("Origin", "https://evil.example"), (name, value))).ExpectProblem(403, "forbidden");
            (await Browser.SendAsync("GET chat/poll", Browser.Cookie(token), ("Origin", "https://evil.example"), (name, value))).ExpectProblem(403, "forbidden");
        }

        await IsUntouchedAsync(token);
    }

    [Theory]
    [InlineData("GET chat/availability")]
    [InlineData("GET chat/history?_method=DELETE")]
    [InlineData("POST chat/session?_method=DELETE")]
    public async Task No_header_and_no_query_makes_a_request_another_one(string call)
    {
        var token = await Browser.OpenAsync();
        await SayAsync(token);
        foreach (var header in (string[])["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
        {
            (await Browser.SendAsync(call, Browser.Cookie(token), ("Origin", Browser.Origin), (header, "DELETE"))).Expect(HttpStatusCode.OK);
        }

        await IsUntouchedAsync(token);
    }

    [Theory]
    [InlineData("HEAD chat/poll", HttpStatusCode.OK)]
    [InlineData("HEAD chat/history", HttpStatusCode.OK)]
    [InlineData("OPTIONS chat/poll", HttpStatusCode.MethodNotAllowed)]
    public async Task A_method_that_only_asks_moves_no_cursor(string call, HttpStatusCode atHome)
    {
        var token = await Browser.OpenAsync();
        await SayAsync(token);

        var foreign = await Browser.SendAsync(call, [.. Page("https://evil.example", "cross-site"), Browser.Cookie(token)]);
        Assert.Equal(HttpStatusCode.Forbidden, foreign.Status);
        Assert.DoesNotContain(foreign.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        foreach (var page in new[] { Page(Browser.Origin, "same-origin"), [] })
        {
            Assert.Equal(atHome, (await Browser.SendAsync(call, [.. page, Browser.Cookie(token)])).Status);
        }

        await IsUntouchedAsync(token);
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("text/plain")]
    [InlineData("text/plain; charset=application/json")]
    [InlineData("text/json")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_body_that_a_form_could_send_is_taken_from_nobody(string? type)
    {
        var token = await Browser.OpenAsync();
        await SayAsync(token);
        foreach (var page in new[] { Page(Browser.Origin, "same-origin"), Page(Shop, "cross-site"), Page(null, "none"), [] })
        {
            foreach (var path in (string[])["chat/session", "chat/message", "chat/session/call-operator", "chat/typing", "chat/read", "chat/session/rating"])
            {
                using var body = Body("""{"text":"forged","typing":true,"upTo":"1-0","score":1}""", type);
                (await Browser.SendAsync("POST " + path, body, [.. page, Browser.Cookie(token)])).ExpectProblem(415, "unsupported_media_type");
            }
        }

        await IsUntouchedAsync(token);
    }

    [Fact]
    public async Task The_own_page_an_allowed_page_and_a_program_that_is_no_browser_may()
    {
        foreach (var page in new[]
        {
            [], Page(Browser.Origin, null), Page(Browser.Origin, "same-origin"), Page(null, "same-origin"), Page(null, "none"), Page(Shop, null), Page(Shop, "cross-site"), Page(Shop, "same-site"),
            Page("http://127.0.0.1:5090", "same-site"),
        })
        {
            var opened = (await Browser.SendAsync("POST chat/session", page)).Expect(HttpStatusCode.Created);
            var cookie = Browser.Cookie((string)opened["token"]!);
            using var message = Browser.Json(new { text = "Hello" });
            (await Browser.SendAsync("POST chat/message", message, [.. page, cookie])).Expect(HttpStatusCode.Created);
            Assert.Single((await Browser.SendAsync("GET chat/poll", [.. page, cookie])).Expect(HttpStatusCode.OK)["messages"]!.AsArray());
            (await Browser.SendAsync("GET chat/history", [.. page, cookie])).Expect(HttpStatusCode.OK);
            (await Browser.SendAsync("DELETE chat/session", [.. page, cookie])).Expect(HttpStatusCode.NoContent);
        }
    }

    [Fact]
    public async Task Reading_with_a_credential_that_only_a_script_can_add_is_nobodys_forgery()
    {
        var (token, other) = (await Browser.OpenAsync(), await Browser.OpenAsync());
        await SayAsync(token);
        var bearer = ("Authorization", $"Bearer {Jwt.Issue(ChatClient.NewId("user"))}");
        (await Browser.SendAsync("POST chat/session", bearer)).Expect(HttpStatusCode.Created);
        var page = Page("https://evil.example", "cross-site");

        (await Browser.SendAsync("GET chat/history", [.. page, ("X-Chat-Session", token), Browser.Cookie(other)])).Expect(HttpStatusCode.OK);
        (await Browser.SendAsync("GET chat/history", [.. page, bearer])).Expect(HttpStatusCode.OK);
        foreach (var credential in new[] { ("X-Chat-Session", token), bearer })
        {
            (await Browser.SendAsync("POST chat/session/close", [.. page, credential])).ExpectProblem(403, "forbidden");
            (await Browser.SendAsync("DELETE chat/session", [.. page, credential])).ExpectProblem(403, "forbidden");
        }

        // An empty header is none: then it is the cookie that speaks.
        Assert.StartsWith("HTTP/1.1 403 ", await Browser.SendLinesAsync(
            "GET /api/v1/chat/poll HTTP/1.1", $"Host: {Browser.Node.Authority}", "Origin: https://evil.example", "X-Chat-Session:", $"Cookie: chat_session={token}"), StringComparison.Ordinal);
        await IsUntouchedAsync(token);
    }

    private static (string, string)[] Headers(params (string Name, string? Value)[] headers) => [.. headers.Where(header => header.Value is not null).Select(header => (header.Name, header.Value!))];

    private (string, string)[] Page(string? origin, string? site) =>
        Headers(("Origin", origin?.Replace("{own}", $"{Browser.Node.Port}", StringComparison.Ordinal)), ("Sec-Fetch-Site", site));

    private static IEnumerable<HttpContent?> Bodies() =>
    [
        null, Browser.Json(new { name = "Mallory", text = "forged" }), Body("name=Mallory&text=forged", "application/x-www-form-urlencoded"),
        new MultipartFormDataContent { { new StringContent("forged"), "text" } }, Body("""{"text":"forged"}""", "text/plain"), Body("""{"text":"forged"}""", null), Body("{}", ""),
    ];

    private static IEnumerable<(string Call, HttpContent? Content)> CallsWithCookie() =>
    [
        .. ((string[])["chat/session", "chat/message", "chat/session/call-operator"]).SelectMany(_ => Bodies(), (path, body) => ("POST " + path, body)),
        ("POST chat/session/close", null), ("POST chat/typing", Browser.Json(new { typing = true })), ("POST chat/read", Browser.Json(new { upTo = "99999999999999-0" })),
        ("POST chat/session/rating", Browser.Json(new { score = 1 })), ("DELETE chat/session", null),
        ("GET chat/poll", null), ("GET chat/poll?after=0-0&wait=1", null), ("GET chat/history", null), ("GET chat/session/transcript", null), ("GET chat/history?event=false", null),
    ];

    private static ByteArrayContent Body(string text, string? type)
    {
        var body = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        if (type is not null)
        {
            body.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        return body;
    }

    private async Task SayAsync(string token)
    {
        using var message = Browser.Json(new { text = "Mine" });
        (await Browser.SendAsync("POST chat/message", message, ("X-Chat-Session", token))).Expect(HttpStatusCode.Created);
    }

    /// <summary>Open, with the one message, which no poll has taken, and nothing else.</summary>
    private async Task IsUntouchedAsync(string token)
    {
        var poll = (await Browser.SendAsync("GET chat/poll", ("X-Chat-Session", token))).Expect(HttpStatusCode.OK);
        Assert.Equal("Mine", (string?)Assert.Single(poll["messages"]!.AsArray())!["text"]);
        Assert.Equal("open", (string?)poll["status"]);
        Assert.Null((await Browser.SendAsync("POST chat/session", ("X-Chat-Session", token)))["visitor"]!["name"]);
    }
}
