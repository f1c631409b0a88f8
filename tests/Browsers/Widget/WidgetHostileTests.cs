using Intotes.Chat.Tests.Features.Operators;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>
/// The same short conversation on each page of the folder <c>Hostile</c>, a page per kind of trouble that other people's pages make. A page may do
/// something in the middle (<c>shake()</c>), and may say what went wrong (<c>faults</c>).
/// </summary>
[Collection(nameof(BrowserStories))]
public sealed class WidgetHostileTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    public static TheoryData<string> Pages =>
        [.. Directory.GetFiles(Path.Combine(ArchitectureTests.Root, "tests/Browsers/Widget/Hostile")).Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task On_any_page_one_opens_it_writes_is_answered_closes_it_and_opens_it_again(string page)
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("the page's own fault").Expecting("action is not a function");
        var widget = await desk.VisitHostileAsync(visitor, page);

        await widget.Launcher.ClickAsync();
        await Expect(widget.Field).ToBeFocusedAsync();
        // A page that takes the caret does so by a timer of its own: keys would come faster than it is taken back.
        await widget.Field.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        await Expect(widget.Field).ToBeFocusedAsync();
        await widget.Page.Keyboard.TypeAsync("I want to buy");
        await widget.Page.Keyboard.PressAsync("Enter");
        await widget.ShowsAsync("I want to buy");
        var (dana, session) = await AnsweredAsync(widget);
        await widget.ShowsAsync("I want to buy", "Good day");
        await widget.Page.EvaluateAsync("window.shake?.()");
        await dana.SayAsync("Still here?", session);
        await widget.ShowsAsync("I want to buy", "Good day", "Still here?");
        await widget.Button("Minimise").ClickAsync();
        await Expect(widget.Panel).ToHaveCountAsync(0);
        await widget.OpenAsync();
        await widget.SaidAsync("Yes");
        await widget.ShowsAsync("I want to buy", "Good day", "Still here?", "Yes");

        Assert.Empty(await widget.Page.EvaluateAsync<string[]>("window.faults ?? []"));
    }

    /// <summary>An operator takes the call and says good day. The session's id is the frame's to know: the page's storage may not work.</summary>
    private async Task<(DeskCaller Operator, string Session)> AnsweredAsync(WidgetWindow widget)
    {
        await Expect(widget.Panel.Locator("li.system").First).ToBeVisibleAsync();
        var session = await widget.Panel.EvaluateAsync<string>("() => JSON.parse(localStorage['intotes-chat:session']).id");
        var dana = desk.Operator();
        (await dana.ClaimAsync(session)).Expect(System.Net.HttpStatusCode.OK);
        await dana.SayAsync("Good day", session);
        return (dana, session);
    }
}
