using System.Text;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>The widget on a page, as its visitor uses it.</summary>
public sealed class WidgetWindow(IPage page)
{
    public IPage Page => page;

    public ILocator Launcher => page.Locator("intotes-chat .launcher");

    /// <summary>The window. It stands in a frame of its own.</summary>
    public ILocator Panel => page.FrameLocator("intotes-chat iframe").Locator(".panel");

    public ILocator Field => Panel.Locator(".composer textarea");

    public ILocator Title => Panel.Locator("h2");

    public ILocator Banner => Panel.Locator(".banner");

    public ILocator Rows => Panel.Locator("li");

    /// <summary>The bubbles of these senders (<c>visitor</c>, <c>operator</c>).</summary>
    public ILocator Said(string sender) => Panel.Locator($"li.{sender} p");

    public ILocator Button(string name) => Panel.GetByRole(AriaRole.Button, new() { Name = name });

    public async Task OpenAsync()
    {
        await Launcher.ClickAsync();
        await Expect(Field).ToBeFocusedAsync();
    }

    public async Task SayAsync(string text)
    {
        await Field.FillAsync(text);
        await Field.PressAsync("Enter");
    }

    /// <summary>Says this and waits until the service has it.</summary>
    public async Task SaidAsync(string text)
    {
        await SayAsync(text);
        await Expect(Panel.Locator("li.visitor:not(.failed)", new() { HasText = text }).Last).Not.ToContainTextAsync("Sending");
    }

    /// <summary>Says this and waits until the service has refused it, because on the way it got a character that no text may have.</summary>
    public async Task SayRefusedAsync(string text)
    {
        await page.RouteAsync(
            "**/chat/message",
            route => route.ContinueAsync(new() { PostData = Encoding.UTF8.GetBytes(route.Request.PostData!.Replace("\"text\":\"", "\"text\":\"\\u0007", StringComparison.Ordinal)) }),
            new() { Times = 1 });
        await SayAsync(text);
        await Expect(Panel.Locator(".failed")).ToBeVisibleAsync();
    }

    /// <summary>Waits until the visitor sees exactly these messages of people, in this order, and each once.</summary>
    public async Task ShowsAsync(params string[] texts) => await Expect(Panel.Locator("li:is(.visitor, .operator) p")).ToHaveTextAsync(texts);

    /// <summary>Does something with the page's own handle of the chat.</summary>
    public Task<T> CallAsync<T>(string expression, object? argument = null) =>
        page.EvaluateAsync<T>($"argument => {{ const chat = window.IntotesChat; return {expression}; }}", argument);

    /// <summary>The id of the session, as the widget keeps it.</summary>
    public Task<string> SessionAsync() =>
        page.EvaluateAsync<string>("() => JSON.parse(localStorage[Object.keys(localStorage).find(key => /:(account|session)/.test(key))]).id");

    /// <summary>What people said in it, by the visitor's own token, in order.</summary>
    public Task<string[]> HistoryAsync() => page.EvaluateAsync<string[]>("""
        async () => {
          const headers = { 'X-Chat-Session': JSON.parse(localStorage['intotes-chat:session']).token };
          const answer = await fetch(new URL('/api/v1/chat/history', document.querySelector('script').src), { credentials: 'omit', headers });
          return (await answer.json()).messages.filter(entry => !entry.event).map(entry => entry.text);
        }
        """);

    public Task IdentifyAsync(string? token) => CallAsync<object?>("void chat.identify(argument)", token);
}
