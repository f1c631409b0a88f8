using Intotes.Chat.Tests.Features.Operators;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>
/// The same short conversation on each page of the folder <c>Hostile</c>, a page per kind of trouble that other people's pages make. A page may do
/// something in the middle (<c>shake()</c>), and may say what went wrong (<c>faults</c>).
/// </summary>
[Collection(nameof(WidgetStories))]
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

    /// <summary>What the page has made of its built-ins never ends the script without a word: the chat works, or says that there is none.</summary>
    [Theory]
    [InlineData("of=String.prototype.split", true)]
    [InlineData("of=String.prototype.replace", true)]
    [InlineData("of=Array.prototype.iterator", true)]
    [InlineData("of=Array.prototype.map", true)]
    [InlineData("of=Array.prototype.push&of=Array.prototype.forEach&of=Array.prototype.filter", true)]
    [InlineData("next", true)]
    [InlineData("of=RegExp.prototype.exec", false)]
    [InlineData("of=Function.prototype.call&of=Function.prototype.apply&of=Function.prototype.bind", true)]
    [InlineData("of=Element.prototype.append", true)]
    [InlineData("of=Element.prototype.setAttribute", true)]
    [InlineData("of=Element.prototype.attachShadow", false)]
    [InlineData("of=Element.prototype.remove", true)]
    [InlineData("of=Node.prototype.appendChild", false)]
    [InlineData("of=Document.prototype.createElementNS", true)]
    [InlineData("of=Document.prototype.querySelector", true)]
    [InlineData("of=Document.prototype.addEventListener&of=EventTarget.prototype.addEventListener", false)]
    [InlineData("of=window.addEventListener", true)]
    [InlineData("of=window.getComputedStyle", true)]
    [InlineData("style", true)]
    [InlineData("title", true)]
    [InlineData("of=window.setTimeout&of=window.setInterval", true)]
    [InlineData("of=window.reportError&of=console.warn", true)]
    [InlineData("of=window.MutationObserver", true)]
    [InlineData("of=window.Promise", true)]
    [InlineData("of=window.URL", true)]
    [InlineData("of=window.CSSStyleSheet", false)]
    [InlineData("none=CSSStyleSheet", false)]
    [InlineData("of=CSSStyleSheet.prototype.replaceSync", false)]
    [InlineData("added=mode,method,body,headers,signal,cache,get,set,value,each", true)]
    [InlineData("getter=localStorage&getter=sessionStorage", true)]
    [InlineData("proxies", true)]
    [InlineData("frozen", false)]
    public async Task Where_the_page_has_replaced_built_ins_the_chat_works_or_says_that_there_is_none(string query, bool works)
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("the page's own fault").Expecting("is not");
        var widget = await desk.VisitHostileAsync(visitor, "replaced", query);
        await Expect(widget.Page.Locator("html")).ToHaveAttributeAsync("data-told", "function function function true");

        if (!works)
        {
            await Expect(widget.Page.GetByText("Not available")).ToBeVisibleAsync();
            return;
        }

        await widget.OpenAsync();
        await widget.SaidAsync("I want to buy");
        await widget.ShowsAsync("I want to buy");
        await widget.Page.ReloadAsync();
        await widget.ShowsAsync("I want to buy");
    }

    [Theory]
    [InlineData("of=Document.prototype.createElement")]
    [InlineData("of=Node.prototype.appendChild&of=Element.prototype.append")]
    public async Task Where_nothing_at_all_can_be_shown_the_console_has_it_and_what_was_pushed_is_done(string query)
    {
        await using var visitor = await chromium.OpenAsync();
        var warned = new TaskCompletionSource();
        visitor.Context.Console += (_, message) =>
        {
            if (message.Text.StartsWith("No chat", StringComparison.Ordinal))
            {
                warned.TrySetResult();
            }
        };

        var widget = await desk.VisitHostileAsync(visitor, "replaced", query);

        await Expect(widget.Page.Locator("html")).ToHaveAttributeAsync("data-told", "function function function true");
        await warned.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Where_the_page_guards_its_title_and_has_no_sound_what_is_unread_is_counted_all_the_same()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitHostileAsync(visitor, "replaced", "title&getter=AudioContext");
        await widget.OpenAsync();
        await widget.SaidAsync("I want to buy");
        var (dana, session) = await AnsweredAsync(widget);
        await widget.ShowsAsync("I want to buy", "Good day");
        await widget.Button("Minimise").ClickAsync();

        await dana.SayAsync("Still here?", session);
        await Expect(widget.Launcher).ToHaveTextAsync("1");
        await dana.SayAsync("Hello?", session);
        await Expect(widget.Launcher).ToHaveTextAsync("2");
        await widget.OpenAsync();
        await widget.ShowsAsync("I want to buy", "Good day", "Still here?", "Hello?");
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
