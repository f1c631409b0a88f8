using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Intotes.Chat.Tests.Features.Operators;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>For everybody: by keyboard, on small screens, in other directions of writing, in light and dark; in every state that there is.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetAccessTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    /// <summary>Those that are kept where pictures are asked for (<c>CHAT_TEST_SCREENSHOTS=1</c>).</summary>
    private static readonly string[] Pictures =
        ["light-welcome", "light-waiting", "light-talking", "dark-talking", "dark-offline", "mobile-talking", "mobile-rating"];

    [Theory]
    [InlineData("light", ColorScheme.Light, 1280, 800, "")]
    [InlineData("dark", ColorScheme.Dark, 1280, 800, "")]
    [InlineData("mobile", ColorScheme.Light, 320, 640, "")]
    [InlineData("arabic", ColorScheme.Light, 400, 700, "locale=ar")]
    [InlineData("japanese", ColorScheme.Dark, 400, 700, "locale=ja")]
    [InlineData("german", ColorScheme.Light, 320, 480, "locale=de-AT")]
    [InlineData("spanish", ColorScheme.Dark, 320, 480, "locale=es")]
    public async Task No_state_has_a_fault_that_axe_finds_and_none_needs_scrolling_sideways(string look, ColorScheme scheme, int width, int height, string attributes)
    {
        await using var visitor = (await chromium.OpenAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = height } }))
            .Expecting("ERR_INTERNET_DISCONNECTED").Expecting("400");
        // Somebody is there.
        await desk.Operator().ServeAsync();
        var widget = await desk.VisitAsync(visitor, attributes);
        await FaultlessAsync(widget, look, "closed");
        await widget.OpenAsync();
        await Expect(widget.Panel.Locator(".welcome p")).Not.ToBeEmptyAsync();
        await FaultlessAsync(widget, look, "welcome");
        await widget.SaidAsync(
            look == "arabic" ? "مرحبا، هل تم شحن طلبي؟" : "Hello! Has my order T-1093 left? It is on https://example.com/orders/1093");
        await Expect(widget.Banner).Not.ToBeEmptyAsync();
        await FaultlessAsync(widget, look, "waiting");
        var (dana, session) = await desk.AnswerAsync(widget);
        await dana.SayAsync(look == "arabic" ? "أهلا! دعني أتحقق من T-1093." : "Hi, this is Dana. Let me look at it.", session);
        await dana.SayAsync("It left this morning at 09:31:\n1 × Trail shoe, size 42", session);
        await Expect(widget.Said("operator")).ToHaveCountAsync(2);
        await WidgetNodes.TypeAsync(dana, session, widget);
        await FaultlessAsync(widget, look, "talking");
        await widget.SayRefusedAsync("And where is it now?");
        await visitor.Context.SetOfflineAsync(true);
        await Expect(widget.Banner).ToHaveClassAsync("banner trouble");
        await FaultlessAsync(widget, look, "offline");
        await visitor.Context.SetOfflineAsync(false);
        await Expect(widget.Banner).ToBeHiddenAsync();
        await widget.Panel.Locator(".failed button").ClickAsync();
        await widget.Field.FillAsync("");
        await Expect(widget.Panel.Locator(".failed")).ToHaveCountAsync(0);
        await widget.Panel.Locator("header .end").ClickAsync();
        await FaultlessAsync(widget, look, "ending");
        await widget.Panel.Locator(".over:visible .primary").ClickAsync();
        await widget.Panel.Locator("input[value='4']").CheckAsync();
        await FaultlessAsync(widget, look, "rating");
        await widget.Panel.Locator(".rating .primary").ClickAsync();
        await Expect(widget.Panel.Locator(".rating p")).ToBeVisibleAsync();
        await FaultlessAsync(widget, look, "thanks");
    }

    [Fact]
    public async Task A_whole_conversation_by_keyboard_alone()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        var keys = widget.Page.Keyboard;
        await Expect(widget.Launcher).ToBeVisibleAsync();

        await TabToAsync(widget, "Chat with us");
        await keys.PressAsync("Enter");
        await Expect(widget.Field).ToBeFocusedAsync();
        await keys.TypeAsync("Hello");
        await keys.PressAsync("Shift+Enter");
        await keys.TypeAsync("from the keyboard");
        await keys.PressAsync("Enter");
        await widget.ShowsAsync("Hello\nfrom the keyboard");
        var (dana, session) = await desk.AnswerAsync(widget);
        await dana.SayAsync("Good day", session);
        await Expect(widget.Panel.Locator("[role=status].unseen")).ToContainTextAsync("Dana Good day");

        await keys.PressAsync("Escape");
        await Expect(widget.Panel).ToHaveCountAsync(0);
        await Expect(widget.Launcher).ToBeFocusedAsync();
        await keys.PressAsync("Space");
        await Expect(widget.Field).ToBeFocusedAsync();

        await TabToAsync(widget, "End the conversation", "Shift+Tab");
        await keys.PressAsync("Enter");
        await Expect(widget.Button("End it")).ToBeFocusedAsync();
        await keys.PressAsync("Escape");
        await Expect(widget.Field).ToBeFocusedAsync();
        await TabToAsync(widget, "End the conversation", "Shift+Tab");
        await keys.PressAsync("Enter");
        await keys.PressAsync("Enter");
        await Expect(widget.Button("Start a new conversation")).ToBeFocusedAsync();

        await TabToAsync(widget, "5 of 5", "Shift+Tab");
        await keys.PressAsync("ArrowLeft");
        await TabToAsync(widget, "Send rating");
        await keys.PressAsync("Enter");
        await Expect(widget.Panel).ToContainTextAsync("Thank you for your rating.");
        await TabToAsync(widget, "Start a new conversation");
        await keys.PressAsync("Enter");
        await Expect(widget.Field).ToBeFocusedAsync();
        Assert.Equal(4, (int)(await UntilRatedAsync(dana, session)));
    }

    [Fact]
    public async Task On_a_small_screen_it_fills_the_screen_and_Arabic_runs_from_right_to_left()
    {
        await using var visitor = await chromium.OpenAsync(new() { ViewportSize = new() { Width = 320, Height = 568 } });
        var widget = await desk.VisitAsync(visitor, "locale=ar");
        await widget.OpenAsync();
        var box = (await widget.Panel.BoundingBoxAsync())!;
        Assert.Equal((0, 0, 320, 568), (box.X, box.Y, box.Width, box.Height));
        await widget.SayAsync("مرحبا");
        await Expect(widget.Said("visitor")).ToHaveTextAsync("مرحبا");
        await Expect(widget.Panel.Locator("li.system")).ToBeVisibleAsync();
        var bubble = (await widget.Said("visitor").BoundingBoxAsync())!;
        var (send, field) = ((await widget.Panel.Locator(".send").BoundingBoxAsync())!, (await widget.Field.BoundingBoxAsync())!);

        Assert.InRange(bubble.X, 0, 40);
        Assert.True(send.X < field.X, "The way to send is at the end of the line, which is left.");
        Assert.Equal("rtl", await widget.Panel.EvaluateAsync<string>("panel => getComputedStyle(panel).direction"));
    }

    [Fact]
    public async Task A_page_brings_its_own_texts_and_colours()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor, "locale=nl&texts=/texts.json&label=Vraag%20ons");
        await widget.Page.EvaluateAsync("document.querySelector('intotes-chat').style.setProperty('--chat-accent', 'rgb(120, 40, 140)')");
        await Expect(widget.Launcher).ToHaveAccessibleNameAsync("Vraag ons");
        await widget.OpenAsync();

        await Expect(widget.Title).ToHaveTextAsync("Hulp");
        await Expect(widget.Button("Versturen")).ToHaveCSSAsync("background-color", "rgb(120, 40, 140)");
        await Expect(widget.Panel).ToContainTextAsync("How can we help?");
    }

    private const string Focused = """
        () => {
          const outer = document.activeElement.shadowRoot?.activeElement ?? document.activeElement, element = outer.contentDocument?.activeElement ?? outer;
          return element.getAttribute('aria-label') ?? element.textContent;
        }
        """;

    /// <summary>Presses Tab until the focus is on what has this name.</summary>
    private static async Task TabToAsync(WidgetWindow widget, string name, string key = "Tab")
    {
        for (var i = 0; i < 20; i++)
        {
            await widget.Page.Keyboard.PressAsync(key);
            if (await widget.Page.EvaluateAsync<string?>(Focused) == name)
            {
                return;
            }
        }

        Assert.Fail($"The focus does not come to {name}.");
    }

    private static async Task<double> UntilRatedAsync(DeskCaller dana, string session)
    {
        var read = await dana.GetAsync($"operator/sessions/{session}");
        Assert.Contains(read["messages"]!.AsArray(), entry => (string?)entry!["event"] == "rated");
        return (double)(await dana.GetAsync("operator/stats"))["averageRating"]!;
    }

    private static async Task FaultlessAsync(WidgetWindow widget, string look, string state)
    {
        if (Environment.GetEnvironmentVariable("CHAT_TEST_SCREENSHOTS") == "1" && Pictures.Contains($"{look}-{state}"))
        {
            await widget.Page.ScreenshotAsync(new() { Path = Path.Combine(ArchitectureTests.Root, $"docs/images/widget-{look}-{state}.png") });
        }

        var rules = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
        var found = await widget.Page.RunAxe(new AxeRunOptions { RunOnly = rules });
        var faults = found.Violations.Select(fault => $"{fault.Id}: {fault.Help} {string.Join(' ', fault.Nodes.Select(node => node.Html))}");
        Assert.True(found.Violations.Length == 0, $"{look}, {state}: {string.Join('\n', faults)}");
        Assert.True(await widget.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{look}, {state}: the page scrolls sideways");
    }
}
