using System.Net;
using Intotes.Chat.Tests.Features.Operators;
using Microsoft.Playwright;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>Stories of the console over two nodes with a platform behind them: operators in browsers, visitors by HTTP at either node. Each finds the desk empty.</summary>
public abstract class ConsoleStory(Chromium chromium, PlatformNodes desk) : DeskTest(desk)
{
    protected Chromium Chromium => chromium;

    /// <summary>What visitors give as the reason of their call.</summary>
    protected virtual string? Reason => "A question";

    protected PlatformNodes Platform => (PlatformNodes)Desk;

    /// <summary>An operator at the console of the first node.</summary>
    protected Task<ConsoleOperator> SignInAsync(string name = "Dana", string role = "operator", BrowserNewContextOptions? options = null, Action<IPage>? prepare = null) =>
        ConsoleOperator.SignInAsync(chromium, Desk.Address(0), name, role, options: options, prepare: prepare);

    /// <summary>An operator at the console of the second node.</summary>
    protected Task<ConsoleOperator> SignInElsewhereAsync(string name = "Eve", string role = "operator") =>
        ConsoleOperator.SignInAsync(chromium, Desk.Address(1), name, role);

    /// <summary>A visitor of this name who waits, and has said these things.</summary>
    protected async Task<DeskCaller> CallerAsync(string name, params string[] texts)
    {
        var visitor = Desk.Visitor();
        (await visitor.OpenAsync(new { name })).Expect(HttpStatusCode.Created);
        await CallAsync(visitor, texts);
        return visitor;
    }

    /// <summary>A customer who waits, and has said these things.</summary>
    protected Task<DeskCaller> CustomerAsync(string name, params string[] texts) => CustomerAsync(Desk.Account(name: name), texts);

    protected async Task<DeskCaller> CustomerAsync(DeskCaller customer, params string[] texts)
    {
        (await customer.OpenAsync(new { locale = "de-DE", pageUrl = "https://trading.example/orders" })).Expect(HttpStatusCode.Created);
        await CallAsync(customer, texts);
        return customer;
    }

    private async Task CallAsync(DeskCaller visitor, string[] texts)
    {
        (await visitor.PostAsync("chat/session/call-operator", new { reason = Reason })).Expect(HttpStatusCode.OK);
        foreach (var text in texts)
        {
            (await visitor.SayAsync(text)).Expect(HttpStatusCode.Created);
        }
    }

    /// <summary>What people wrote in a visitor's conversation, as the visitor sees it.</summary>
    protected static async Task<IReadOnlyList<string>> SeenByAsync(DeskCaller visitor) =>
        [.. (await visitor.PollAsync()).Expect(HttpStatusCode.OK)["messages"]!.AsArray().Where(m => (string?)m!["event"] is null).Select(m => (string)m!["text"]!)];

    /// <summary>Waits until the visitor sees just these texts.</summary>
    protected static Task SeesAsync(DeskCaller visitor, params string[] texts) =>
        EventuallyAsync($"the visitor sees {string.Join(" | ", texts)}", async () => (await SeenByAsync(visitor)).SequenceEqual(texts));

    protected static async Task<string?> StatusAsync(DeskCaller visitor) => (string?)(await visitor.PollAsync())["status"];
}
