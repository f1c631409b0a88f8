using System.Net;
using Intotes.Chat.Tests.Faults;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Apps that show the widget in a web view: their pages have origins of other schemes than https, in Production too.</summary>
public sealed class AppOriginTests(ChatNodes nodes)
{
    private static readonly string[] Apps =
        ["capacitor://localhost", "ionic://localhost", "tauri://localhost", "app://localhost", "http://localhost", "http://tauri.localhost"];

    [Fact]
    public async Task Production_lets_the_pages_of_apps_call_and_read_answers()
    {
        var settings = Production(Apps);
        await using var service = await ServiceProcess.StartAsync(nodes.Redis.Configuration, settings);
        var browser = new Browser(service.Address);
        foreach (var app in Apps)
        {
            (string, string)[] page = [("Origin", app), ("Sec-Fetch-Site", "cross-site")];
            var told = await browser.SendAsync(
                "OPTIONS chat/message", [.. page, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type,x-chat-session")]);
            Assert.Equal(HttpStatusCode.NoContent, told.Status);
            Readable(told, app);
            Assert.Contains("x-chat-session", Assert.Single(told.Headers["Access-Control-Allow-Headers"]), StringComparison.OrdinalIgnoreCase);

            var opened = Readable((await browser.SendAsync("POST chat/session", page)).Expect(HttpStatusCode.Created), app);
            (string, string)[] visitor = [.. page, ("X-Chat-Session", (string)opened["token"]!)];
            using var message = Browser.Json(new { text = "Hello" });
            Readable((await browser.SendAsync("POST chat/message", message, visitor)).Expect(HttpStatusCode.Created), app);
            Assert.Single(Readable((await browser.SendAsync("GET chat/poll", visitor)).Expect(HttpStatusCode.OK), app)["messages"]!.AsArray());
            Readable((await browser.SendAsync("GET chat/history", [.. page, ("X-Chat-Session", "nonsense")])).ExpectProblem(401, "invalid_session_token"), app);
        }

        foreach (var stranger in (string[])["capacitor://evil", "ionic://localhost:1", "CAPACITOR://localhost", "http://localhost:8080", "https://localhost", "tauri://localhost/", "app://"])
        {
            var refused = (await browser.SendAsync("POST chat/session", ("Origin", stranger), ("Sec-Fetch-Site", "cross-site"))).ExpectProblem(403, "forbidden");
            Assert.DoesNotContain(refused.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Theory]
    [InlineData("capacitor://", "an origin")]
    [InlineData("capacitor://localhost/", "an origin")]
    [InlineData("Capacitor://localhost", "an origin")]
    [InlineData("tauri://*", "an origin")]
    [InlineData("file://localhost", "an origin")]
    [InlineData("chrome-extension://abcdefgh", "an origin")]
    [InlineData("http://localhost:3000", "https outside Development")]
    [InlineData("http://app.tauri.localhost", "https outside Development")]
    public async Task Production_takes_nothing_that_merely_looks_like_an_app(string origin, string why)
    {
        var settings = Production(origin).ToDictionary(setting => setting.Key, setting => (string?)setting.Value);
        settings["Redis__Configuration"] = "127.0.0.1:1";

        var sentence = await StartTests.RefusalAsync(settings);

        Assert.Contains("Chat__AllowedOrigins", sentence, StringComparison.Ordinal);
        Assert.Contains($"'{origin}'", sentence, StringComparison.Ordinal);
        Assert.Contains(why, sentence, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Production(params IEnumerable<string> origins)
    {
        var settings = new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["Jwt__SigningKey"] = "q7Jm2vXr9TzLw4KpYc1NbEd8GhSf5UaQ3oRi6tVxB0k=",
            ["Jwt__Issuer"] = "intotes",
            ["Jwt__Audience"] = "intotes-chat",
        };
        foreach (var (index, origin) in origins.Index())
        {
            settings[$"Chat__AllowedOrigins__{index}"] = origin;
        }

        return settings;
    }

    private static Answer Readable(Answer answer, string origin)
    {
        Assert.Equal(origin, Assert.Single(answer.Headers["Access-Control-Allow-Origin"]));
        Assert.Equal("true", Assert.Single(answer.Headers["Access-Control-Allow-Credentials"]));
        return answer;
    }
}
