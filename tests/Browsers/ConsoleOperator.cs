using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>An operator at the console, in a browser profile of its own.</summary>
public sealed class ConsoleOperator(WatchedContext browser, IPage page, string id) : IAsyncDisposable
{
    /// <summary>What scripts asked by alert, confirm or prompt: ours never do.</summary>
    private readonly ConcurrentQueue<string> dialogs = new();

    public WatchedContext Browser => browser;

    public IPage Page => page;

    public string Id => id;

    public ILocator Composer => page.GetByRole(AriaRole.Textbox, new() { Name = "Message to the visitor" });

    /// <summary>What was written in the open conversation, notes included, in order.</summary>
    public ILocator Texts => page.Locator("#talk .thread .text");

    /// <summary>The rows of the list of its own conversations.</summary>
    public ILocator Conversations => page.GetByRole(AriaRole.List, new() { Name = "Conversations" }).GetByRole(AriaRole.Button);

    /// <summary>The rows of those who wait.</summary>
    public ILocator Calls => page.GetByRole(AriaRole.List, new() { Name = "Waiting" }).GetByRole(AriaRole.Listitem);

    public ILocator Side => page.GetByRole(AriaRole.Complementary);

    public ILocator Line => page.Locator("#connection");

    public ILocator Dialog => page.GetByRole(AriaRole.Dialog);

    public ILocator Toasts => page.Locator("#toasts");

    /// <summary>Opens the console of a node by a link with the operator's token, as the platform gives it.</summary>
    /// <param name="chromium">Where a profile is made.</param>
    /// <param name="node">The node, or a proxy before it, with the path under which that serves it.</param>
    /// <param name="name">The operator's.</param>
    /// <param name="role">In the token.</param>
    /// <param name="id">The operator's, new unless given.</param>
    /// <param name="options">Of the profile.</param>
    /// <param name="console">The address of the console, below the node's.</param>
    /// <param name="prepare">Is given the page before anything is loaded.</param>
    public static async Task<ConsoleOperator> SignInAsync(
        Chromium chromium, Uri node, string name = "Dana", string role = "operator", string? id = null, BrowserNewContextOptions? options = null,
        string console = "operator", Action<IPage>? prepare = null)
    {
        id ??= ChatClient.NewId("operator");
        var browser = await chromium.OpenAsync(options ?? new() { ViewportSize = new() { Width = 1280, Height = 800 } });
        foreach (var tooLate in (string[])["chat/read", "chat/typing"])
        {
            // What was read or typed just before a conversation went to another, or ended.
            browser.Expecting($"403 (Forbidden) ({new Uri(node, $"api/v1/{tooLate}")}:").Expecting($"409 (Conflict) ({new Uri(node, $"api/v1/{tooLate}")}:");
        }

        var page = await browser.NewPageAsync();
        prepare?.Invoke(page);
        await page.GotoAsync(new Uri(node, $"{console}#token={Jwt.Issue(id, name, role)}").ToString());
        var signedIn = new ConsoleOperator(browser, page, id);
        page.Dialog += async (_, dialog) =>
        {
            signedIn.dialogs.Enqueue(dialog.Message);
            await dialog.DismissAsync();
        };
        await Expect(signedIn.Line).ToContainTextAsync("Connected");
        return signedIn;
    }

    public Task ClickAsync(string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();

    /// <summary>A button in the dialog that is open.</summary>
    public Task ConfirmAsync(string name) => Dialog.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();

    /// <summary>Takes the call that has waited longest, once there is one: the widget calls after its first message was taken.</summary>
    public async Task TakeNextAsync()
    {
        await Expect(Calls).Not.ToHaveCountAsync(0);
        await ClickAsync("Take the next call");
    }

    /// <summary>Opens the conversation with the visitor of this name.</summary>
    public Task ChooseAsync(string name) => Conversation(name).ClickAsync();

    public ILocator Conversation(string name) => Conversations.Filter(new() { Has = page.Locator(".name", new() { HasTextRegex = new Regex($"^{Regex.Escape(name)}$") }) });

    public async Task SayAsync(string text)
    {
        await Composer.FillAsync(text);
        await Composer.PressAsync("Enter");
    }

    public async Task NoteAsync(string text)
    {
        await ClickAsync("Internal note");
        var box = page.GetByRole(AriaRole.Textbox, new() { Name = "Internal note, never shown to the visitor" });
        await box.FillAsync(text);
        await box.PressAsync("Enter");
        await Expect(box).ToHaveValueAsync("");
        await ClickAsync("Reply");
    }

    /// <summary>Waits until the open conversation shows just these texts, in this order.</summary>
    public Task SeesAsync(params string[] texts) => Expect(Texts).ToHaveTextAsync(texts);

    public async ValueTask DisposeAsync()
    {
        await browser.DisposeAsync();
        Assert.Empty(dialogs);
    }
}
