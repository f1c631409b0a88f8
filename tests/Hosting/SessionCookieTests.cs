using System.Net;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>The visitor's cookie on HTTPS, whether this service speaks it itself or a known proxy does, and on plain http.</summary>
public sealed class SessionCookieTests(ChatNodes nodes)
{
    private static readonly string[] Secure = ["httponly", "partitioned", "path=/", "samesite=none", "secure"];
    private static readonly string[] Plain = ["httponly", "path=/", "samesite=lax"];

    public static TheoryData<string> Ways => ["its own certificate", "a known proxy", "plain http", "a proxy that speaks plain http", "a proxy that is not known"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Is_set_replaced_and_taken_away_with_the_same_name_and_attributes(string way)
    {
        await using var own = await StartAsync(way);
        var (name, attributes) = way is "its own certificate" or "a known proxy" ? ("__Host-chat_session", Secure) : ("chat_session", Plain);
        var browser = new Browser(own.Addresses[0]);
        (string, string)[] proxy = way switch
        {
            "a known proxy" or "a proxy that is not known" => [("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https")],
            "a proxy that speaks plain http" => [("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "http")],
            _ => [],
        };

        var opened = (await browser.SendAsync("POST chat/session", proxy)).Expect(HttpStatusCode.Created);
        Assert.Equal((name, (string?)opened["token"]), Written(opened, attributes));
        var cookie = ("Cookie", $"{name}={opened["token"]}");
        var again = (await browser.SendAsync("POST chat/session", [.. proxy, cookie])).Expect(HttpStatusCode.OK);
        Assert.Equal((name, (string?)opened["token"]), Written(again, attributes));

        var linked = (await browser.SendAsync("POST chat/session", [.. proxy, cookie, ("Authorization", $"Bearer {Jwt.Issue(ChatClient.NewId("user"))}")])).Expect(HttpStatusCode.OK);
        IsTakenAway(linked, name, attributes);
        var next = (await browser.SendAsync("POST chat/session", [.. proxy, cookie])).Expect(HttpStatusCode.Created);
        Assert.Equal((name, (string?)next["token"]), Written(next, attributes));
        IsTakenAway((await browser.SendAsync("DELETE chat/session", [.. proxy, ("Cookie", $"{name}={next["token"]}")])).Expect(HttpStatusCode.NoContent), name, attributes);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Under_the_other_name_says_nothing(string way)
    {
        await using var own = await StartAsync(way);
        var browser = new Browser(own.Addresses[0]);
        (string, string)[] proxy = way == "a known proxy" ? [("X-Forwarded-Proto", "https")] : [];
        var other = way is "its own certificate" or "a known proxy" ? "chat_session" : "__Host-chat_session";
        var token = await browser.OpenAsync();

        (await browser.SendAsync("GET chat/history", [.. proxy, ("Cookie", $"{other}={token}")])).ExpectProblem(404, "session_not_found");
        Assert.NotEqual(token, (string?)(await browser.SendAsync("POST chat/session", [.. proxy, ("Cookie", $"{other}={token}")])).Expect(HttpStatusCode.Created)["token"]);
    }

    [Fact]
    public async Task That_another_site_planted_is_replaced_by_one_that_it_does_not_know()
    {
        await using var own = await StartAsync("its own certificate");
        var browser = new Browser(own.Addresses[0]);
        var planted = $"{new string('A', 22)}.{new string('B', 43)}";

        var opened = (await browser.SendAsync("POST chat/session", browser.Cookie(planted))).Expect(HttpStatusCode.Created);

        var (_, token) = Written(opened, Secure);
        Assert.NotEqual(planted, token);
        Assert.NotEqual(planted.Split('.')[0], (string?)opened["sessionId"]);
        (await browser.SendAsync("GET chat/history", browser.Cookie(planted))).ExpectProblem(401, "invalid_session_token");
    }

    [Fact]
    public async Task Is_left_alone_by_whatever_neither_opens_nor_ends_a_session()
    {
        await using var own = await StartAsync("its own certificate");
        var browser = new Browser(own.Addresses[0]);
        var cookie = browser.Cookie(await browser.OpenAsync());
        using var message = Browser.Json(new { text = "Hello" });

        foreach (var answer in new[]
        {
            await browser.SendAsync("GET chat/history", cookie), await browser.SendAsync("POST chat/message", message, cookie), await browser.SendAsync("POST chat/session/close", cookie),
            await browser.SendAsync("GET chat/availability", cookie), await browser.SendAsync("GET chat/history"), await browser.SendAsync("DELETE chat/session"),
        })
        {
            Assert.Empty(answer.Headers["Set-Cookie"]);
        }
    }

    private Task<ChatNodes> StartAsync(string way) => way switch
    {
        "its own certificate" => ChatNodes.StartAsync(nodes.Redis.Configuration, 1, HttpsNode.Settings, HttpsNode.Use),
        "a known proxy" or "a proxy that speaks plain http" => ChatNodes.StartAsync(nodes.Redis.Configuration, 1, new Dictionary<string, string> { ["ReverseProxy:KnownProxies:0"] = "127.0.0.1" }),
        _ => ChatNodes.StartAsync(nodes.Redis.Configuration, 1),
    };

    private static (string Name, string? Value) Written(Answer answer, string[] attributes)
    {
        var cookie = Assert.Single(answer.Headers["Set-Cookie"]).Split("; ");
        Assert.Equal(attributes.Append("max-age=2592000").Order(StringComparer.Ordinal), cookie[1..].Select(a => a.ToLowerInvariant()).Order(StringComparer.Ordinal));
        return (cookie[0].Split('=')[0], cookie[0].Split('=', 2)[1]);
    }

    private static void IsTakenAway(Answer answer, string name, string[] attributes)
    {
        var cookie = Assert.Single(answer.Headers["Set-Cookie"]).Split("; ");
        Assert.Equal(name + "=", cookie[0]);
        Assert.Equal(attributes.Append("expires=thu, 01 jan 1970 00:00:00 gmt").Order(StringComparer.Ordinal), cookie[1..].Select(a => a.ToLowerInvariant()).Order(StringComparer.Ordinal));
    }
}
