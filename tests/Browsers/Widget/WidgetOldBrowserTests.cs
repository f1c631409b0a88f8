using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>A whole conversation in a browser that is older than the oldest supported ones.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetOldBrowserTests(OldChromium chromium, WidgetNodes desk) : IClassFixture<OldChromium>, IClassFixture<WidgetNodes>
{
    [Fact]
    public async Task An_old_Chromium_shows_the_window_and_sends_and_receives()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await HasColourAsync(widget.Launcher);
        await widget.OpenAsync();
        foreach (var part in (ILocator[])[widget.Launcher, widget.Panel, widget.Panel.Locator("header"), widget.Button("Send")])
        {
            await HasColourAsync(part);
        }

        await widget.SaidAsync("See https://example.com/a");
        var (dana, session) = await desk.AnswerAsync(widget);
        await Expect(widget.Title).ToHaveTextAsync("Dana");
        await dana.SayAsync("And https://example.org/b", session);
        await widget.ShowsAsync("See https://example.com/a", "And https://example.org/b");
        await Expect(widget.Panel.Locator("li a")).ToHaveTextAsync(["https://example.com/a", "https://example.org/b"]);
        await widget.Button("End the conversation").ClickAsync();
        await widget.Button("End it").ClickAsync();
        await Expect(widget.Panel.Locator(".rating")).ToBeVisibleAsync();
        if (Environment.GetEnvironmentVariable("CHAT_TEST_SHOTS") is { } folder)
        {
            await widget.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, "widget-112.png") });
        }

        static async Task HasColourAsync(ILocator element) =>
            Assert.NotEqual("rgba(0, 0, 0, 0)", await element.EvaluateAsync<string>("element => getComputedStyle(element).backgroundColor"));
    }
}
