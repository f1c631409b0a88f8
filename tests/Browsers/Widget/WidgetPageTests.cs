using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>The widget and the page around it: which events pass between them, where it stands, how it comes and goes, and what it says when it cannot.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetPageTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    [Fact]
    public async Task Nothing_typed_pasted_cut_or_focused_reaches_the_handlers_of_the_page_and_its_button_is_pressed_unheard()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await GoAsync(visitor, "shortcuts");
        var keys = widget.Page.Keyboard;
        await widget.Launcher.FocusAsync();
        await widget.Page.EvaluateAsync("for (const type of ['keydown', 'keypress', 'keyup', 'focusin', 'focusout']) document.addEventListener(type, event => faults.push(`${type} of the button`), true)");
        await keys.PressAsync("Enter");
        await Expect(widget.Field).ToBeFocusedAsync();

        await keys.TypeAsync("buy buy");
        foreach (var key in (string[])["Control+a", "Control+c", "Control+x", "Control+v", "Control+v", "Shift+Home", "Delete", "b", "Enter", "Escape", "Space"])
        {
            await keys.PressAsync(key);
        }

        await widget.ShowsAsync("b");
        Assert.Empty(await widget.Page.EvaluateAsync<string[]>("faults"));
    }

    [Theory]
    [InlineData("main.js")]
    [InlineData("panel.js")]
    [InlineData("widget.css")]
    [InlineData("locales/en.json")]
    public async Task Where_a_file_does_not_come_it_says_so_and_the_next_click_tries_again(string file)
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("Failed to load").Expecting("ERR_FAILED").Expecting("Failed to fetch");
        var widget = await desk.VisitAsync(visitor);
        await widget.Page.RouteAsync($"**/widget/{file}", route => route.AbortAsync());
        await widget.Launcher.ClickAsync();
        await Expect(widget.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("Not available");

        await widget.Page.UnrouteAllAsync();
        await widget.OpenAsync();

        await Expect(widget.Page.Locator("intotes-chat [role=alert]")).ToHaveTextAsync("");
    }

    [Fact]
    public async Task Destroyed_it_is_gone_with_all_that_runs_and_comes_back_when_it_is_wanted()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        await widget.CallAsync<object?>("chat.destroy()");

        await Expect(widget.Page.Locator("intotes-chat")).ToHaveCountAsync(0);
        await widget.Page.EvaluateAsync("document.body.replaceWith(document.createElement('body'))");
        await Expect(widget.Page.Locator("intotes-chat")).ToHaveCountAsync(0);
        await widget.CallAsync<object?>("chat.mount()");
        await Expect(widget.Launcher).ToBeVisibleAsync();
        await Expect(widget.Panel).ToHaveCountAsync(0);
        await widget.OpenAsync();
        await widget.ShowsAsync("Hello");

        await widget.CallAsync<object?>("chat.destroy()");
        await widget.CallAsync<object?>("chat.open()");
        await widget.ShowsAsync("Hello");
        await widget.SaidAsync("Again");
    }

    [Theory]
    [InlineData("chat.open()")]
    [InlineData("document.head.append(Object.assign(document.createElement('script'), { src: argument }))")]
    public async Task Where_nothing_tells_that_it_was_taken_out_it_comes_back_when_it_is_called_or_loaded_again(string call)
    {
        await using var visitor = await chromium.OpenAsync();
        await visitor.Context.AddInitScriptAsync("window.MutationObserver = undefined;");
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        await widget.Page.EvaluateAsync("document.querySelector('intotes-chat').remove()");
        await widget.CallAsync<object?>($"void {call}", $"{desk.Nodes.Addresses[0]}widget.js");

        await widget.ShowsAsync("Hello");
        await widget.SaidAsync("Again");
    }

    [Theory]
    [InlineData("style")]
    [InlineData("layers")]
    [InlineData("libraries-of-2008")]
    public async Task Whatever_the_style_of_the_page_it_stands_in_its_corner_is_what_one_points_at_and_is_not_printed(string page)
    {
        await using var visitor = await chromium.OpenAsync(new() { ViewportSize = new() { Width = 1000, Height = 700 } });
        var widget = await GoAsync(visitor, page);
        Assert.Equal((920, 620, 60, 60), await BoxAsync(widget.Launcher));
        await widget.OpenAsync();
        Assert.Equal((588, 20, 392, 584), await BoxAsync(widget.Panel));
        await Expect(widget.Panel).ToHaveCSSAsync("opacity", "1");
        await Expect(widget.Panel.Locator("h3")).ToHaveCSSAsync("font-size", "22px");
        Assert.Equal("intotes-chat intotes-chat", await widget.Page.EvaluateAsync<string>(
            "[[950, 650], [700, 300]].map(at => document.elementFromPoint(...at).localName).join(' ')"));

        await widget.Page.EmulateMediaAsync(new() { Media = Media.Print });

        await Expect(widget.Launcher).ToBeHiddenAsync();
        await Expect(widget.Panel).ToBeHiddenAsync();
    }

    [Theory]
    [InlineData(800, 600)]
    [InlineData(390, 800)]
    public async Task It_keeps_out_of_what_a_device_covers(int width, int height)
    {
        await using var visitor = await chromium.OpenAsync(new() { ViewportSize = new() { Width = width, Height = height } });
        var widget = await GoAsync(visitor, "style");
        var devTools = await visitor.Context.NewCDPSessionAsync(widget.Page);
        await devTools.SendAsync(
            "Emulation.setSafeAreaInsetsOverride", new() { ["insets"] = new Dictionary<string, int> { ["top"] = 44, ["bottom"] = 34, ["left"] = 10, ["right"] = 10 } });

        await Expect(widget.Launcher).ToHaveJSPropertyAsync("isConnected", true);
        Assert.Equal((width - 90, height - 114, 60, 60), await BoxAsync(widget.Launcher));
        await widget.OpenAsync();
        var panel = await BoxAsync(widget.Panel);
        Assert.InRange(panel.Y, 0, height);
        Assert.Equal(width > 480 ? (width - 422, height - 130) : (10, height - 34), (panel.X, panel.Y + panel.Height));
        Assert.True(width > 480 || panel is { Y: 44, Width: 370 }, $"{panel}");
    }

    [Fact]
    public async Task The_colours_and_fonts_of_the_page_come_into_the_window()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await GoAsync(visitor, "module");
        await widget.Page.EvaluateAsync("""
            () => document.head.append(Object.assign(document.createElement('style'), { textContent: `
              @font-face { font-family: House; src: url("/house.woff2"); }
              intotes-chat { --chat-font: House; --chat-background: rgb(1, 2, 3); --chat-accent: rgb(4, 5, 6); color-scheme: dark; }` }))
            """);
        await widget.OpenAsync();

        await Expect(widget.Panel).ToHaveCSSAsync("background-color", "rgb(1, 2, 3)");
        await Expect(widget.Panel).ToHaveCSSAsync("font-family", "House");
        await Expect(widget.Panel).ToHaveCSSAsync("color-scheme", "dark");
        await Expect(widget.Panel.Locator(".send")).ToHaveCSSAsync("background-color", "rgb(4, 5, 6)");
        Assert.Equal("House", await widget.Panel.EvaluateAsync<string>("() => [...document.fonts].map(font => font.family).join()"));
    }

    private static async Task<(int X, int Y, int Width, int Height)> BoxAsync(ILocator locator)
    {
        var box = (await locator.BoundingBoxAsync())!;
        return ((int)box.X, (int)box.Y, (int)box.Width, (int)box.Height);
    }

    private Task<WidgetWindow> GoAsync(WatchedContext visitor, string page) => desk.VisitHostileAsync(visitor, page);
}
