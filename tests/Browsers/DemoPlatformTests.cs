using Intotes.Chat.Tests.Browsers.Widget;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>The demo platform, which <c>./run</c> opens with: a page of another origin with the widget on it, and a link to the console. The pictures of the widget on a page are made here.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class DemoPlatformTests(Chromium chromium, DemoSite demo) : IClassFixture<DemoSite>
{
    [Theory]
    [InlineData("light", "alice", "Alice Moreau", "SAP.DE", ColorScheme.Light, 1280, 800)]
    [InlineData("dark", "bao", "Bao Nguyen", "MSFT", ColorScheme.Dark, 1280, 800)]
    [InlineData("mobile", "carla", "Carla Whitfield", "SHEL.L", ColorScheme.Light, 390, 780)]
    public async Task A_customer_asks_on_the_trading_page_and_the_operator_sees_who_it_is(
        string look, string id, string name, string symbol, ColorScheme scheme, int width, int height)
    {
        await using var browser = await chromium.OpenAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = height } });
        var page = await browser.NewPageAsync();
        await page.GotoAsync(new Uri(demo.Address, $"/#{id}").ToString());
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = name })).ToBeVisibleAsync();
        await Expect(page.Locator("#page")).ToContainTextAsync(symbol);
        await using var dana = await ConsoleAsync(page);
        var widget = new WidgetWindow(page);
        await widget.OpenAsync();
        await TalkAsync(widget, dana, $"My order for {symbol} shows as pending. Is it through?", "Hi, this is Dana. Let me look at it.",
            "It was filled at 09:31. You find the note in your documents.", "Perfect, thank you!");

        await Expect(dana.Side).ToContainTextAsync(name);
        await Expect(dana.Side).ToContainTextAsync(symbol);
        await TakeAsync(page, $"platform-{look}");
        await CloseAsync(widget, dana);
        await TakeAsync(page, $"platform-{look}-rating");
        await widget.Button("Send rating").ClickAsync();
        await Expect(widget.Panel).ToContainTextAsync("Thank you for your rating.");
    }

    [Fact]
    public async Task A_visitor_of_an_Arabic_page_asks_without_an_account()
    {
        await using var browser = await chromium.OpenAsync(new() { ViewportSize = new() { Width = 1280, Height = 800 } });
        await browser.Context.AddInitScriptAsync("document.addEventListener('readystatechange', () => Object.assign(document.documentElement, { lang: 'ar', dir: 'rtl' }))");
        var page = await browser.NewPageAsync();
        await page.GotoAsync(demo.Address.ToString());
        await using var dana = await ConsoleAsync(page);
        var widget = new WidgetWindow(page);
        await widget.OpenAsync();
        await Expect(widget.Panel).ToContainTextAsync("كيف يمكننا مساعدتك؟");
        Assert.InRange((await widget.Launcher.BoundingBoxAsync())!.X, 0, 100);
        await TalkAsync(widget, dana, "مرحبا، ما هي رسوم السحب إلى IBAN؟", "أهلا بك! دعني أتحقق.", "السحب إلى IBAN مجاني مرتين في الشهر.", "شكرا جزيلا!");

        await Expect(dana.Side).ToContainTextAsync("Anonymous visitor");
        await TakeAsync(page, "platform-arabic");
        await CloseAsync(widget, dana);
        await TakeAsync(page, "platform-arabic-rating");
    }

    /// <summary>The console as the page's link opens it.</summary>
    private async Task<ConsoleOperator> ConsoleAsync(IPage page)
    {
        var link = page.GetByRole(AriaRole.Link, new() { Name = "Open the operator console as Dana" });
        var browser = await chromium.OpenAsync(new() { ViewportSize = new() { Width = 1360, Height = 800 } });
        var console = new ConsoleOperator(browser, await browser.NewPageAsync(), "dana");
        await console.Page.GotoAsync((await link.GetAttributeAsync("href"))!);
        await Expect(console.Line).ToContainTextAsync("Connected");
        return console;
    }

    private static async Task TalkAsync(WidgetWindow widget, ConsoleOperator dana, params string[] texts)
    {
        var isArabic = await widget.Page.EvaluateAsync<bool>("document.documentElement.lang === 'ar'");
        await widget.SayAsync(texts[0]);
        await dana.TakeNextAsync();
        await dana.SeesAsync(texts[0]);
        await dana.SayAsync(texts[1]);
        await dana.SayAsync(texts[2]);
        await widget.ShowsAsync(texts[..3]);
        await widget.SayAsync(texts[3]);
        await dana.SeesAsync(texts);
        await Expect(widget.Panel.Locator("li.visitor").Last).ToContainTextAsync(isArabic ? "قرئت" : "Read");
        await dana.Composer.PressSequentiallyAsync("…");
        await Expect(widget.Panel.Locator(".typing")).ToBeVisibleAsync();
    }

    private static async Task CloseAsync(WidgetWindow widget, ConsoleOperator dana)
    {
        await dana.ClickAsync("Close");
        await dana.ConfirmAsync("Close the conversation");
        await widget.Panel.Locator("input[value='5']").CheckAsync();
    }

    private static async Task TakeAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("CHAT_TEST_SCREENSHOTS") == "1")
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(ArchitectureTests.Root, "docs/images", $"{name}.png") });
        }
    }
}
