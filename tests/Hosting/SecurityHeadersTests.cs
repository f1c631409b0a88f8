using System.Net;
using Intotes.Chat.Tests.Redis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>What every answer tells a browser that it may do with it.</summary>
public sealed class SecurityHeadersTests(ChatNodes nodes)
{
    private const string Data = "default-src 'none'; frame-ancestors 'none'";

    [Fact]
    public async Task Every_answer_of_the_api_is_data_and_nothing_else()
    {
        var browser = new Browser(nodes.Addresses[0]);
        var token = ("X-Chat-Session", await browser.OpenAsync());
        using var message = Browser.Json(new { text = "Hello" });
        using var large = Browser.Json(new { text = new string('x', 70_000) });
        using var plain = new StringContent("Hello");

        foreach (var (answer, status) in new[]
        {
            (await browser.SendAsync("POST chat/session"), 201), (await browser.SendAsync("GET chat/history", token), 200), (await browser.SendAsync("POST chat/message", message, token), 201),
            (await browser.SendAsync("GET chat/session/transcript", token), 200), (await browser.SendAsync("GET chat/availability"), 200),
            (await browser.SendAsync("GET chat/poll?wait=99", token), 400), (await browser.SendAsync("GET chat/poll?after=x", token), 400), (await browser.SendAsync("POST chat/message", token), 400),
            (await browser.SendAsync("GET operator/calls"), 401), (await browser.SendAsync("GET chat/poll", ("X-Chat-Session", "x")), 401), (await browser.SendAsync("GET chat/poll"), 404),
            (await browser.SendAsync("POST chat/session", ("Origin", "https://evil.example")), 403), (await browser.SendAsync("GET nothing"), 404), (await browser.SendAsync("GET /nothing"), 404),
            (await browser.SendAsync("PUT chat/session"), 405), (await browser.SendAsync("POST chat/message", large, token), 413), (await browser.SendAsync("POST chat/message", plain, token), 415),
            (await browser.SendAsync("POST chat/session/rating", Browser.Json(new { score = 1 }), token), 409), (await browser.SendAsync("DELETE chat/session", token), 204),
            (await browser.SendAsync("GET /openapi/v1.json"), 200), (await browser.SendAsync("GET /health/live"), 200), (await browser.SendAsync("GET /health/ready"), 200),
            (await browser.SendAsync("GET /docsx"), 404), (await browser.SendAsync("GET /widgets"), 404), (await browser.SendAsync("OPTIONS chat/session", ("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")), 204),
        })
        {
            answer.Expect((HttpStatusCode)status);
            IsSafe(answer, Data, "same-origin");
        }
    }

    [Theory]
    [InlineData("/docs", "script-src 'self' 'unsafe-inline'; ", "same-origin")]
    [InlineData("/docs/", "script-src 'self' 'unsafe-inline'; ", "same-origin")]
    [InlineData("/", null, "same-origin")]
    [InlineData("/operator", "script-src 'self'; ", "same-origin")]
    [InlineData("/operator/app.js", "script-src 'self'; ", "same-origin")]
    [InlineData("/widget.js", null, "cross-origin")]
    [InlineData("/widget/frame.html", null, "cross-origin")]
    [InlineData("/api/v1/widget", null, "same-origin")]
    public async Task A_page_of_ours_loads_from_here_only_and_stands_in_no_frame(string path, string? scripts, string mayBeLoadedFrom)
    {
        var answer = await new Browser(nodes.Addresses[0]).SendAsync($"GET {path}");

        var policy = Assert.Single(answer.Headers["Content-Security-Policy"]);
        IsSafe(answer, policy, mayBeLoadedFrom, path is "/" or "/operator" or "/widget.js" ? "no-cache" : "no-store");
        if (scripts is null)
        {
            Assert.Equal(Data, policy);
            return;
        }

        Assert.Contains(scripts, policy, StringComparison.Ordinal);
        foreach (var rule in (string[])["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"])
        {
            Assert.Contains(rule, policy.Split("; "));
        }
    }

    [Theory]
    [InlineData("X-Long: {70000}", "431")]
    [InlineData("Transfer-Encoding: nonsense", "501", "400")]
    [InlineData("Content-Length: -1", "400")]
    [InlineData("Bad header line", "400")]
    [InlineData("Host: a\r\nHost: b", "400")]
    public async Task What_kestrel_refuses_by_itself_tells_nothing(string line, params string[] statuses)
    {
        var head = await new Browser(nodes.Addresses[0]).SendLinesAsync(
            "POST /api/v1/chat/session HTTP/1.1", "Host: chat.example", line.Replace("{70000}", new string('x', 70_000), StringComparison.Ordinal));

        Assert.Contains(head.Split(' ')[1], statuses);
        foreach (var word in (string[])["Server:", "Kestrel", "Exception", "X-Powered-By"])
        {
            Assert.DoesNotContain(word, head, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task On_https_outside_development_browsers_are_told_to_stay_there_on_every_answer()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch(), Production(HttpsNode.Settings), services =>
        {
            HttpsNode.Use(services);
            services.AddTransient<IStartupFilter, Thrower>();
        });
        var browser = new Browser(node.Address);
        var host = ("Host", "chat.example");

        var opened = (await browser.SendAsync("POST chat/session", host)).Expect(HttpStatusCode.Created);
        var answers = new List<(Answer, int)>
        {
            (opened, 201), (await browser.SendAsync("GET chat/poll", host), 404), (await browser.SendAsync("GET chat/poll", host, ("X-Chat-Session", "x")), 401), (await browser.SendAsync("GET /nothing", host), 404),
            (await browser.SendAsync("PUT chat/session", host), 405), (await browser.SendAsync("POST chat/session", host, ("Origin", "https://evil.example")), 403),
            (await browser.SendAsync("GET /health/live", host), 200), (await browser.SendAsync("GET /throw", host), 500),
        };
        await redis.KillAsync();
        answers.Add((await browser.SendAsync("GET chat/poll", host, ("X-Chat-Session", (string)opened["token"]!)), 503));
        // What Redis answered is good for half a second.
        var ready = await browser.SendAsync("GET /health/ready", host);
        for (; ready.Status == HttpStatusCode.OK; ready = await browser.SendAsync("GET /health/ready", host))
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        answers.Add((ready, 503));

        foreach (var (answer, status) in answers)
        {
            answer.Expect((HttpStatusCode)status);
            IsSafe(answer, Data, "same-origin");
            Assert.Equal("max-age=31536000", Assert.Single(answer.Headers["Strict-Transport-Security"]));
        }

        foreach (var local in (string[])["localhost", "127.0.0.1:5080", "[::1]", "LOCALHOST"])
        {
            Assert.Empty((await browser.SendAsync("GET /health/live", ("Host", local))).Headers["Strict-Transport-Security"]);
        }
    }

    [Theory]
    [InlineData("http", "Production", false)]
    [InlineData("https by a known proxy", "Production", true)]
    [InlineData("https", "Development", false)]
    public async Task Elsewhere_they_are_told_only_where_the_connection_is_secured(string way, string environment, bool told)
    {
        var settings = environment == "Production" ? Production([]) : [];
        if (way == "https")
        {
            settings["urls"] = HttpsNode.Settings["urls"];
        }

        settings["ReverseProxy:KnownProxies:0"] = "127.0.0.1";
        await using var own = await ChatNodes.StartAsync(nodes.Redis.Configuration, 1, settings, HttpsNode.Use);
        var proxy = ("X-Forwarded-Proto", way == "https by a known proxy" ? "https" : "http");

        var answer = await new Browser(own.Addresses[0]).SendAsync("GET /health/live", ("Host", "chat.example"), proxy);

        Assert.Equal(told ? 1 : 0, answer.Headers["Strict-Transport-Security"].Count());
    }

    private static Dictionary<string, string> Production(Dictionary<string, string> settings) => new(HttpsNode.Production.Concat(settings));

    private static void IsSafe(Answer answer, string policy, string mayBeLoadedFrom, string isKept = "no-store")
    {
        Assert.Equal("nosniff", Assert.Single(answer.Headers["X-Content-Type-Options"]));
        Assert.Equal("no-referrer", Assert.Single(answer.Headers["Referrer-Policy"]));
        Assert.Equal(policy, Assert.Single(answer.Headers["Content-Security-Policy"]));
        Assert.Equal(mayBeLoadedFrom, Assert.Single(answer.Headers["Cross-Origin-Resource-Policy"]));
        Assert.Contains(isKept, string.Join(',', answer.Headers["Cache-Control"]), StringComparison.Ordinal);
        Assert.Empty(answer.Headers["Server"]);
        Assert.Empty(answer.Headers["X-Powered-By"]);
    }

    /// <summary>Fails where nobody expects it, behind everything else.</summary>
    private sealed class Thrower : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            next(app);
            app.Use(static (http, next) => http.Request.Path == "/throw" ? throw new InvalidOperationException("On purpose") : next(http));
        };
    }
}
