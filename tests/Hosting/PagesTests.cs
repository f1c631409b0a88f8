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
        Assert.Equal(["no-store"], icon.Headers["Cache-Control"]);
        Assert.Equal(["image/svg+xml"], icon.Headers["Content-Type"]);
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
