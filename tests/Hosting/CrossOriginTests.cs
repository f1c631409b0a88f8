using System.Net;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>What pages of other sites may read (CORS): those of the allowed origins everything under /chat, everybody else nothing.</summary>
public sealed class CrossOriginTests(ChatNodes nodes) : IAsyncLifetime
{
    private const string Shop = "https://shop.example", Local = "http://127.0.0.1:5090";

    private ChatNodes? own;

    private Browser Browser => new(own!.Addresses[0]);

    internal static Dictionary<string, string> Settings => new() { ["Chat:AllowedOrigins:0"] = Shop, ["Chat:AllowedOrigins:1"] = Local };

    public async ValueTask InitializeAsync() => own = await ChatNodes.StartAsync(nodes.Redis.Configuration, 1, Settings);

    public async ValueTask DisposeAsync() => await own!.DisposeAsync();

    public static TheoryData<string> Strangers =>
    [
        "https://shop.example.evil.example", "https://evilshop.example", "https://sub.shop.example", "https://shop.example:444", "https://shop.example:8443",
        "http://shop.example", "HTTPS://SHOP.EXAMPLE", "https://Shop.example", "https://shop.example.", "https://shop.example/", "https://shop.example@evil.example",
        "https://shop-example", "https://shop.exampl", "null", "https://127.0.0.1:5090", "http://127.0.0.1:50900", "http://127.0.0.1", "http://localhost:5090",
        "https://shop.example https://evil.example", "https://shop.example, https://evil.example", "*", "https://*", "file://", "shop.example",
    ];

    [Theory]
    [InlineData(Shop, "chat/session", "POST", "content-type")]
    [InlineData(Shop, "chat/session", "DELETE", "x-chat-session")]
    [InlineData(Shop, "chat/message", "POST", "authorization,content-type,x-chat-session")]
    [InlineData(Local, "chat/poll?after=0-0", "GET", "authorization")]
    [InlineData(Local, "chat/events", "GET", "last-event-id")]
    [InlineData(Shop, "chat/message", "POST", "baggage,content-type,sentry-trace,traceparent,tracestate,x-b3-traceid,x-csrf-token,x-requested-with,x-session")]
    [InlineData(Shop, "chat/poll?wait=25", "GET", "cache-control,if-modified-since,pragma,x-datadog-trace-id,x-xsrf-token")]
    public async Task An_allowed_page_is_told_that_it_may_call_with_the_cookie(string origin, string path, string method, string headers)
    {
        var told = await Browser.SendAsync($"OPTIONS {path}", ("Origin", origin), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", headers));

        Assert.Equal(HttpStatusCode.NoContent, told.Status);
        Assert.Equal(origin, One(told, "Access-Control-Allow-Origin"));
        Assert.Equal("true", One(told, "Access-Control-Allow-Credentials"));
        Assert.Contains(method, One(told, "Access-Control-Allow-Methods").Split(','));
        var allowed = One(told, "Access-Control-Allow-Headers").ToLowerInvariant().Split(',');
        Assert.All(headers.Split(','), header => Assert.Contains(header, allowed));
        Assert.InRange(int.Parse(One(told, "Access-Control-Max-Age"), System.Globalization.CultureInfo.InvariantCulture), 1, 7200);
        Assert.Contains("Origin", One(told, "Vary").Split(", "));
    }

    [Theory]
    [InlineData("traceparent")]
    [InlineData("x-csrf-token,x-requested-with")]
    public async Task What_a_page_adds_to_a_request_is_ignored(string headers)
    {
        var added = headers.Split(',').Select(name => (name, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

        var opened = Readable((await Browser.SendAsync("POST chat/session", [("Origin", Shop), .. added])).Expect(HttpStatusCode.Created));
        Readable((await Browser.SendAsync("GET chat/poll", [("Origin", Shop), ("X-Chat-Session", (string)opened["token"]!), .. added])).Expect(HttpStatusCode.OK));
    }

    [Theory]
    [InlineData("/widget.js")]
    [InlineData("/widget/main.js")]
    [InlineData("/widget/widget.css")]
    [InlineData("/widget/locales/de.json")]
    public async Task Any_page_may_load_the_widget_with_any_header(string path)
    {
        (string, string)[] page = [("Origin", "https://elsewhere.example"), ("Sec-Fetch-Site", "cross-site")];
        var told = await Browser.SendAsync(
            $"OPTIONS {path}", [.. page, ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "traceparent,x-csrf-token")]);

        Assert.Equal(HttpStatusCode.NoContent, told.Status);
        Assert.Equal("*", One(told, "Access-Control-Allow-Origin"));
        Assert.Equal("GET, HEAD", One(told, "Access-Control-Allow-Methods"));
        Assert.Equal("traceparent,x-csrf-token", One(told, "Access-Control-Allow-Headers"));
        Assert.Empty(told.Body?.ToJsonString() ?? "");
    }

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task No_other_page_is_told_anything_however_its_origin_looks(string origin)
    {
        var token = await Browser.OpenAsync();

        Assert.Empty(Cors(await Browser.SendAsync(
            "OPTIONS chat/message", ("Origin", origin), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type"))));
        Assert.Empty(Cors(await Browser.SendAsync("GET chat/availability", ("Origin", origin))));
        Assert.Empty(Cors(await Browser.SendAsync("GET chat/history", ("Origin", origin), ("X-Chat-Session", token))));
        Assert.Empty(Cors(await Browser.SendAsync("POST chat/session", ("Origin", origin))));
    }

    [Theory]
    [InlineData("operator/calls", "GET")]
    [InlineData("operator/calls/claim", "POST")]
    [InlineData("accounts/erase", "POST")]
    [InlineData("/api/v1/chatter", "GET")]
    [InlineData("/openapi/v1.json", "GET")]
    [InlineData("/health/ready", "GET")]
    [InlineData("/docs", "GET")]
    public async Task Beside_the_chat_even_an_allowed_page_is_told_nothing(string path, string method)
    {
        foreach (var origin in (string[])[Shop, "null"])
        {
            Assert.Empty(Cors(await Browser.SendAsync($"OPTIONS {path}", ("Origin", origin), ("Access-Control-Request-Method", method))));
            Assert.Empty(Cors(await Browser.SendAsync($"{method} {path}", ("Origin", origin))));
            Assert.Empty(Cors(await Browser.SendAsync($"{method} {path}", ("Origin", origin), ("Authorization", $"Bearer {Jwt.Issue(ChatClient.NewId("operator"), "Dana", "supervisor")}"))));
        }
    }

    [Fact]
    public async Task An_allowed_page_reads_answers_problems_and_how_long_to_wait()
    {
        var token = await Browser.OpenAsync();
        (string, string)[] page = [("Origin", Shop), ("Sec-Fetch-Site", "cross-site")];

        Readable((await Browser.SendAsync("POST chat/session", page)).Expect(HttpStatusCode.Created));
        Readable((await Browser.SendAsync("GET chat/history", [.. page, Browser.Cookie(token)])).Expect(HttpStatusCode.OK));
        Readable((await Browser.SendAsync("GET chat/history", page)).ExpectProblem(404, "session_not_found"));
        Readable((await Browser.SendAsync("GET chat/history", [.. page, ("X-Chat-Session", "nonsense")])).ExpectProblem(401, "invalid_session_token"));
        Readable((await Browser.SendAsync("GET chat/history", [.. page, ("Authorization", "Bearer nonsense")])).ExpectProblem(401, "invalid_token"));
        Readable((await Browser.SendAsync("GET chat/nothing", page)).ExpectProblem(404, "not_found"));
        Readable((await Browser.SendAsync("DELETE chat/message", page)).ExpectProblem(405, "method_not_allowed"));
        Readable((await Browser.SendAsync("GET chat/poll?wait=99", [.. page, Browser.Cookie(token)])).ExpectProblem(400, "invalid_request"));
        using var large = Browser.Json(new { text = new string('x', 70_000) });
        Readable((await Browser.SendAsync("POST chat/message", large, [.. page, Browser.Cookie(token)])).ExpectProblem(413, "payload_too_large"));
        using var plain = new StringContent("hello");
        Readable((await Browser.SendAsync("POST chat/message", plain, [.. page, Browser.Cookie(token)])).ExpectProblem(415, "unsupported_media_type"));
        Readable((await Browser.SendAsync("DELETE chat/session", [.. page, Browser.Cookie(token)])).Expect(HttpStatusCode.NoContent));
    }

    [Fact]
    public async Task An_allowed_page_that_calls_too_often_reads_how_long_to_wait()
    {
        await using var limited = await ChatNodes.StartAsync(nodes.Redis.Configuration, 1, new Dictionary<string, string>(Settings) { ["Chat:Limits:PollsPerMinute"] = "1" });
        var browser = new Browser(limited.Addresses[0]);
        var cookie = browser.Cookie(await browser.OpenAsync());

        await browser.SendAsync("GET chat/poll", ("Origin", Shop), cookie);
        var refused = Readable((await browser.SendAsync("GET chat/poll", ("Origin", Shop), cookie)).ExpectProblem(429, "rate_limited"));

        Assert.InRange(int.Parse(One(refused, "Retry-After"), System.Globalization.CultureInfo.InvariantCulture), 1, 60);
    }

    [Fact]
    public async Task An_allowed_page_reads_that_the_storage_is_away()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch(), Settings);
        var browser = new Browser(node.Address);
        var token = await browser.OpenAsync();
        await redis.KillAsync();

        var refused = Readable((await browser.SendAsync("GET chat/history", ("Origin", Shop), browser.Cookie(token))).ExpectProblem(503, "storage_unavailable"));

        Assert.Equal("1", One(refused, "Retry-After"));
    }

    private static Answer Readable(Answer answer)
    {
        Assert.Equal(Shop, One(answer, "Access-Control-Allow-Origin"));
        Assert.Equal("true", One(answer, "Access-Control-Allow-Credentials"));
        Assert.Contains("Retry-After", One(answer, "Access-Control-Expose-Headers").Split(','));
        Assert.Contains("Origin", answer.Headers["Vary"].SelectMany(vary => vary.Split(", ")));
        return answer;
    }

    private static IEnumerable<string> Cors(Answer answer) => answer.Headers.Select(header => header.Key).Where(name => name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));

    private static string One(Answer answer, string header) => Assert.Single(answer.Headers[header]);
}
