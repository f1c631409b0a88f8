using System.Net;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Where the cookie that another site's page made a browser send matters, and where it does not.</summary>
public sealed class CookieReachTests(ChatNodes nodes)
{
    private Browser Browser { get; } = new(nodes.NextAddress());

    [Theory]
    [InlineData("/API/v1/chat/poll")]
    [InlineData("/api/V1/Chat/Poll")]
    [InlineData("/api/v1/chat/poll/")]
    [InlineData("/api/v1//chat/poll")]
    [InlineData("/%61pi/v1/chat/poll")]
    public async Task However_the_address_is_written_the_cookie_speaks_for_no_other_site(string path)
    {
        var token = await Browser.OpenAsync();
        using var message = Browser.Json(new { text = "Mine" });
        (await Browser.SendAsync("POST chat/message", message, ("X-Chat-Session", token))).Expect(HttpStatusCode.Created);

        var answer = await Browser.SendLinesAsync($"GET {path} HTTP/1.1", $"Host: {Browser.Node.Authority}", "Sec-Fetch-Site: cross-site", $"Cookie: chat_session={token}");
        Assert.Contains(answer.Split(' ')[1], (string[])["403", "404"]);

        Assert.Single((await Browser.SendAsync("GET chat/poll", ("X-Chat-Session", token))).Expect(HttpStatusCode.OK)["messages"]!.AsArray());
    }

    [Theory]
    [InlineData("/docs")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/health/live")]
    [InlineData("/widget.js")]
    [InlineData("/widget/frame.html")]
    [InlineData("/operator")]
    public async Task Where_the_cookie_means_nothing_a_link_or_a_script_tag_of_another_site_works(string path)
    {
        foreach (var page in new (string, string)[][] { [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")], [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")] })
        {
            var with = await Browser.SendAsync($"GET {path}", [.. page, Browser.Cookie(await Browser.OpenAsync())]);
            Assert.Equal((await Browser.SendAsync($"GET {path}")).Status, with.Status);
        }
    }
}
