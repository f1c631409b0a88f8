using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>The widget on another site's page, in a browser whose user lets no third party have cookies.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetCookieTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    /// <summary>Chromium's own setting: 0 lets third parties have cookies, 1 does not.</summary>
    private const string Preferences = """{ "profile": { "cookie_controls_mode": MODE, "block_third_party_cookies": BLOCKS } }""";

    [Fact]
    public async Task Where_cookies_of_third_parties_are_blocked_a_whole_conversation_works()
    {
        await using (var lenient = await OpenAsync(blocks: false))
        {
            Assert.Equal("chat_session=of-another-visit", await CookieOfThirdPartyAsync(lenient));
        }

        await using var visitor = await OpenAsync(blocks: true);
        Assert.Null(await CookieOfThirdPartyAsync(visitor));
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(widget);
        await dana.SayAsync("Good day", session);
        await widget.ShowsAsync("Hello", "Good day");

        await widget.Page.ReloadAsync();
        await widget.ShowsAsync("Hello", "Good day");
        await widget.SaidAsync("Still here");
        await dana.SayAsync("So am I", session);
        await widget.ShowsAsync("Hello", "Good day", "Still here", "So am I");
        await widget.Button("End the conversation").ClickAsync();
        await widget.Button("End it").ClickAsync();
        await widget.Panel.GetByRole(AriaRole.Radio, new() { Name = "5 of 5" }).CheckAsync();
        await widget.Button("Send rating").ClickAsync();
        await Expect(widget.Panel).ToContainTextAsync("Thank you for your rating.");
        Assert.Equal("of-another-visit", Assert.Single(await visitor.Context.CookiesAsync()).Value);
    }

    private Task<WatchedContext> OpenAsync(bool blocks) => chromium.OpenProfileAsync(
        Preferences.Replace("MODE", blocks ? "1" : "0", StringComparison.Ordinal).Replace("BLOCKS", blocks ? "true" : "false", StringComparison.Ordinal));

    /// <summary>The cookie that goes along when the shop's page asks the chat's node with credentials; the node has set it on an earlier visit, for third parties too.</summary>
    private async Task<string?> CookieOfThirdPartyAsync(WatchedContext visitor)
    {
        var node = desk.Nodes.Addresses[0];
        await visitor.Context.AddCookiesAsync(
            [new() { Name = "chat_session", Value = "of-another-visit", Domain = node.Host, Path = "/", Secure = true, SameSite = SameSiteAttribute.None }]);
        var widget = await desk.VisitAsync(visitor);
        var request = await widget.Page.RunAndWaitForRequestAsync(
            () => widget.Page.EvaluateAsync("node => fetch(node, { credentials: 'include', mode: 'no-cors' }).then(() => null)", $"{node}widget.js?again"),
            "**/widget.js?again");
        var cookie = (await request.AllHeadersAsync()).GetValueOrDefault("cookie");
        await widget.Page.CloseAsync();
        return cookie;
    }
}
