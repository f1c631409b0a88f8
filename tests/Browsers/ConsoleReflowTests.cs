using Intotes.Chat.Tests.Features.Operators;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>The console in little room, and on paper.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class ConsoleReflowTests(Chromium chromium, PlatformNodes desk) : ConsoleStory(chromium, desk), IClassFixture<PlatformNodes>
{
    /// <summary>1280 x 1024 at 400 %, 1280 x 720 at 400 %, a phone on its side.</summary>
    [Theory]
    [InlineData(320, 256)]
    [InlineData(320, 180)]
    [InlineData(740, 340)]
    public async Task At_400_percent_most_of_the_window_is_for_the_messages(int width, int height)
    {
        var ann = await CallerAsync("Ann", [.. Enumerable.Range(1, 30).Select(n => $"Message {n} of some length, for there is much to say.")]);
        await using var dana = await SignInAsync(options: new() { ViewportSize = new() { Width = width, Height = height } });
        await dana.TakeNextAsync();
        await Expect(dana.Texts).ToHaveCountAsync(30);

        var messages = (await dana.Page.Locator("#talk .scroller").BoundingBoxAsync())!;
        Assert.InRange(messages.Height, 0.6 * height, height);
        await Expect(dana.Composer).ToBeFocusedAsync();
        await Expect(dana.Composer).ToBeInViewportAsync();
        await ann.SayAsync("The newest");
        await Expect(dana.Texts.Last).ToHaveTextAsync("The newest");
        await Expect(dana.Texts.Last).ToBeInViewportAsync();
        await dana.SayAsync("An answer");
        await Expect(dana.Texts.Last).ToHaveTextAsync("An answer");
        if (Environment.GetEnvironmentVariable("CHAT_TEST_SHOTS") is { } folder)
        {
            await dana.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"console-{width}x{height}.png") });
        }

        // Nobody has to scroll sideways: what sticks out.
        Assert.Equal("", await dana.Page.EvaluateAsync<string>("""
            document.documentElement.scrollWidth <= innerWidth ? "" : [...document.querySelectorAll("body *")]
              .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth).map(e => `${e.tagName}#${e.id}.${e.className}`).join(" ")
            """));
        await dana.ClickAsync("Close");
        await dana.ConfirmAsync("Close the conversation");
        await EventuallyAsync("it is closed", async () => await StatusAsync(ann) == "closed");
    }

    [Fact]
    public async Task A_conversation_is_printed_from_its_first_message_to_its_last()
    {
        string[] all = [.. Enumerable.Range(1, 230).Select(n => $"Message {n}")];
        await CallerAsync("Ann", all);
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();
        await Expect(dana.Texts.Last).ToHaveTextAsync("Message 230");
        await dana.Page.EvaluateAsync("() => { window.print = () => { window.isPrinting = true; }; }");

        await dana.Page.Keyboard.PressAsync("Control+p");
        await EventuallyAsync("it prints", async () => await dana.Page.EvaluateAsync<bool>("!!window.isPrinting"));
        await dana.Page.EmulateMediaAsync(new() { Media = Microsoft.Playwright.Media.Print });

        var printed = dana.Page.Locator("#talk .printout .text:visible");
        await Expect(printed).ToHaveTextAsync(all);
        await Expect(dana.Page.Locator("#talk .text:visible")).ToHaveCountAsync(230);
        await NothingIsCutOffAsync(dana);
        await dana.Page.EvaluateAsync("dispatchEvent(new Event('afterprint'))");
        await Expect(dana.Page.Locator("ol.printout")).ToHaveCountAsync(0);

        // By the browser's own menu: what is at hand, and where the rest is.
        Assert.True(await dana.Texts.CountAsync() >= 99);
        await Expect(dana.Page.GetByText("Ctrl+P in the console prints the whole conversation.")).ToBeVisibleAsync();
        await NothingIsCutOffAsync(dana);
    }

    [Fact]
    public async Task An_earlier_conversation_in_a_dialog_is_printed_to_its_end()
    {
        string[] all = [.. Enumerable.Range(1, 90).Select(n => $"Message {n}")];
        await CallerAsync("Ann", all);
        await using var dana = await SignInAsync();
        await Expect(dana.Calls).ToHaveCountAsync(1);
        await dana.Calls.Locator(".row").ClickAsync();
        await Expect(dana.Dialog.Locator(".text").Last).ToHaveTextAsync("Message 90");

        await dana.Page.EmulateMediaAsync(new() { Media = Microsoft.Playwright.Media.Print });

        await Expect(dana.Dialog.Locator(".text:visible")).ToHaveTextAsync(all);
        await NothingIsCutOffAsync(dana);
    }

    /// <summary>No message lies outside of a box that hides what is outside of it.</summary>
    private static async Task NothingIsCutOffAsync(ConsoleOperator at) => Assert.Equal("", await at.Page.EvaluateAsync<string>("""
        () => {
          const last = [...document.querySelectorAll(".text")].filter(text => text.checkVisibility()).at(-1);
          for (let box = last.parentElement; box; box = box.parentElement) {
            const cuts = getComputedStyle(box).overflowY !== "visible" && box.scrollHeight > box.clientHeight + 1;
            if (cuts && box !== document.documentElement && box !== document.body) return box.className || box.tagName;
          }
          return document.documentElement.scrollHeight >= last.getBoundingClientRect().bottom ? "" : "the page";
        }
        """));
}
