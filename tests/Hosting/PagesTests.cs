using System.Net;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>The files of the two faces, as they travel.</summary>
public sealed class PagesTests(ChatNodes nodes)
{
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task A_file_is_sent_compressed_to_those_who_take_it(string encoding)
    {
        var icon = (await new Browser(nodes.Addresses[0]).SendAsync("GET /operator/icon.svg", ("Accept-Encoding", encoding))).Expect(HttpStatusCode.OK);

        Assert.Equal([encoding], icon.Headers["Content-Encoding"]);
        Assert.Equal(["no-cache"], icon.Headers["Cache-Control"]);
        Assert.Equal(["image/svg+xml"], icon.Headers["Content-Type"]);
    }

    /// <summary>Every page view of the embedding site asks for the loader.</summary>
    [Theory]
    [InlineData("/widget.js", "*")]
    [InlineData("/widget/main.js", "*")]
    [InlineData("/operator/icon.svg", null)]
    public async Task A_browser_keeps_a_file_and_asks_whether_it_is_still_the_same(string path, string? mayBeReadBy)
    {
        var browser = new Browser(nodes.Addresses[0]);
        var first = (await browser.SendAsync($"GET {path}", ("Accept-Encoding", "gzip"))).Expect(HttpStatusCode.OK);

        var again = await browser.SendAsync($"GET {path}", ("Accept-Encoding", "gzip"), ("If-None-Match", Assert.Single(first.Headers["ETag"])));

        Assert.Equal(HttpStatusCode.NotModified, again.Status);
        Assert.Equal(["no-cache"], again.Headers["Cache-Control"]);
        Assert.Equal(mayBeReadBy is null ? [] : [mayBeReadBy], again.Headers["Access-Control-Allow-Origin"]);
    }

    [Fact]
    public async Task What_is_no_file_is_not_found_and_only_reading_is_served()
    {
        var browser = new Browser(nodes.Addresses[0]);

        (await browser.SendAsync("GET /operator/nothing.js")).ExpectProblem(404, "not_found");
        (await browser.SendAsync("GET /operator/../appsettings.json")).ExpectProblem(404, "not_found");
        (await browser.SendAsync("GET /operator/..%2f..%2fappsettings.json")).ExpectProblem(404, "not_found");
        (await browser.SendAsync("POST /operator/icon.svg")).ExpectProblem(404, "not_found");
    }
}
