using System.Net;
using Intotes.Chat.Tests.Features.Operators;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>What outlasts a reload, what of it is whose, and what is made of a text before it is sent.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetStateTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    private const string Kept = "JSON.stringify({ ...sessionStorage }) + JSON.stringify({ ...localStorage })";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_click_on_the_launcher_while_the_window_comes_back_leaves_it_open(bool hasSession)
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        if (hasSession)
        {
            await widget.SaidAsync("Hello");
        }

        var held = new Hold();
        await widget.Page.RouteAsync("**/widget/main.js*", held.UntilReleasedAsync);
        await widget.Page.ReloadAsync();
        await widget.Launcher.ClickAsync();
        held.Release();

        await Expect(widget.Field).ToBeFocusedAsync();
        await Expect(widget.Launcher).ToHaveAttributeAsync("aria-expanded", "true");
        await widget.Launcher.ClickAsync();
        await Expect(widget.Panel).ToBeHiddenAsync();
    }

    [Fact]
    public async Task What_is_being_written_outlasts_a_reload_and_is_gone_once_it_was_sent()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.Field.PressSequentiallyAsync("Half a");
        await widget.Field.PressAsync("Shift+Enter");
        await widget.Field.PressSequentiallyAsync("question");

        await widget.Page.ReloadAsync();
        await widget.OpenAsync();
        await Expect(widget.Field).ToHaveValueAsync("Half a\nquestion");
        Assert.True(await widget.Field.EvaluateAsync<bool>("field => field.clientHeight >= 50"), "Both lines show.");
        await widget.Field.PressAsync("Enter");
        await widget.ShowsAsync("Half a\nquestion");
        await widget.Page.ReloadAsync();
        await widget.ShowsAsync("Half a\nquestion");
        await Expect(widget.Field).ToHaveValueAsync("");
    }

    [Fact]
    public async Task A_draft_goes_along_when_its_writer_signs_in_and_never_reaches_the_next_customer()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        var (ann, ben) = (Jwt.Issue(ChatClient.NewId("ann"), "Ann"), Jwt.Issue(ChatClient.NewId("ben"), "Ben"));
        await widget.OpenAsync();
        await widget.Field.FillAsync("Draft of Ann");
        await widget.IdentifyAsync(ann);
        await Expect(widget.Field).ToHaveValueAsync("Draft of Ann");

        await widget.Page.ReloadAsync();
        await widget.IdentifyAsync(ann);
        await OpenedAsync();
        await Expect(widget.Field).ToHaveValueAsync("Draft of Ann");
        await widget.IdentifyAsync(ben);
        await OpenedAsync();
        await Expect(widget.Field).ToHaveValueAsync("");
        Assert.DoesNotContain("Draft", await widget.Page.EvaluateAsync<string>(Kept), StringComparison.Ordinal);

        await widget.Field.FillAsync("Draft of Ben");
        await widget.IdentifyAsync(null);
        await OpenedAsync();
        await Expect(widget.Field).ToHaveValueAsync("");
        Assert.DoesNotContain("Draft", await widget.Page.EvaluateAsync<string>(Kept), StringComparison.Ordinal);

        // Signed out on a page where the window was never loaded.
        await widget.IdentifyAsync(ann);
        await OpenedAsync();
        await widget.Field.FillAsync("Draft of Ann");
        await widget.CallAsync<object?>("void chat.close()");
        await widget.Page.ReloadAsync();
        await widget.IdentifyAsync(null);
        Assert.DoesNotContain("Draft", await widget.Page.EvaluateAsync<string>(Kept), StringComparison.Ordinal);

        async Task OpenedAsync()
        {
            await widget.CallAsync<object?>("chat.open().then(() => null)");
            await Expect(widget.Field).ToBeVisibleAsync();
        }
    }

    [Fact]
    public async Task The_number_in_the_title_is_the_pages_own()
    {
        await using var visitor = await chromium.OpenAsync();
        var (widget, dana, session) = await ClosedInConversationAsync(visitor);

        await widget.Page.EvaluateAsync("document.title = '(7)  Orders'");
        await dana.SayAsync("One", session);
        await Expect(widget.Page).ToHaveTitleAsync("(1) (7) Orders");
        await dana.SayAsync("Two", session);
        await Expect(widget.Page).ToHaveTitleAsync("(2) (7) Orders");
        await widget.OpenAsync();
        await Expect(widget.Page).ToHaveTitleAsync("(7) Orders");

        await widget.CallAsync<object?>("void chat.close()");
        await dana.SayAsync("Three", session);
        await Expect(widget.Page).ToHaveTitleAsync("(1) (7) Orders");
        await widget.Page.EvaluateAsync("document.title = '(1) Basket'");
        await widget.OpenAsync();
        await Expect(widget.Launcher).ToHaveAccessibleNameAsync("Chat with us");
        await Expect(widget.Page).ToHaveTitleAsync("(1) Basket");
    }

    [Theory]
    [InlineData("document.querySelector('intotes-chat').remove()")]
    [InlineData("document.documentElement.prepend(document.querySelector('intotes-chat'))")]
    [InlineData("window.IntotesChat.destroy(), void setTimeout(() => window.IntotesChat.mount())")]
    public async Task The_number_in_the_title_goes_with_what_was_taken_out_and_comes_once_it_is_back(string taking)
    {
        await using var visitor = await chromium.OpenAsync();
        var (widget, dana, session) = await ClosedInConversationAsync(visitor);
        await widget.Page.EvaluateAsync("document.title = 'Orders'");
        await dana.SayAsync("One", session);
        await Expect(widget.Page).ToHaveTitleAsync("(1) Orders");

        await widget.Page.EvaluateAsync(taking);
        await dana.SayAsync("Two", session);
        await Expect(widget.Page).ToHaveTitleAsync("(2) Orders");
        await widget.OpenAsync();

        await Expect(widget.Launcher).ToHaveTextAsync("");
        await Expect(widget.Page).ToHaveTitleAsync("Orders");
    }

    [Theory]
    [InlineData("\"text\"")]
    [InlineData("[null, 5, \"text\", {}, { \"clientMessageId\": \"1\", \"text\": {}, \"sentAt\": \"2026-01-01T00:00:00Z\" }, { \"clientMessageId\": \"2\", \"text\": \"No time\" }]")]
    [InlineData("{ \"length\": 1 }")]
    [InlineData("5")]
    public async Task What_the_page_has_put_in_the_place_of_what_was_kept_stops_nothing(string kept)
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.Page.EvaluateAsync("""
            kept => {
              for (const name of ["unsent:session", "draft:session"]) sessionStorage[`intotes-chat:${name}`] = kept;
              for (const name of ["seen:session", "rung"]) localStorage[`intotes-chat:${name}`] = kept;
            }
            """, kept);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(widget);
        await dana.SayAsync("Good day", session);
        await widget.ShowsAsync("Hello", "Good day");
        await widget.CallAsync<object?>("void chat.close()");
        await dana.SayAsync("Still here?", session);
        await Expect(widget.Launcher).ToHaveTextAsync("1");
        await widget.OpenAsync();

        await widget.SaidAsync("Yes");
        await widget.ShowsAsync("Hello", "Good day", "Still here?", "Yes");
    }

    [Fact]
    public async Task Control_characters_become_newlines_or_nothing_and_what_is_too_long_is_kept_and_said()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.Field.EvaluateAsync("field => field.value = '\u0085 a\\vb\\fc\\u0085d\\u0007\\u009b\\ud800e\\tf\\u001f '");
        await widget.Field.PressAsync("Enter");
        await widget.ShowsAsync("a\nb\nc\nde\tf");

        var longest = string.Concat(Enumerable.Repeat("🌻", 4000));
        await widget.Field.FillAsync($"  {longest}x  ");
        var tooLong = widget.Panel.GetByText("Too long by 1: at most 4,000 characters.");
        await Expect(tooLong).ToBeVisibleAsync();
        await widget.Field.PressAsync("Enter");
        await Expect(widget.Field).ToHaveValueAsync($"  {longest}x  ");
        if (Environment.GetEnvironmentVariable("CHAT_TEST_SHOTS") is { } folder)
        {
            await widget.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, "widget-too-long.png") });
        }

        await widget.SayAsync($"  {longest}  ");
        await Expect(tooLong).ToBeHiddenAsync();
        await Expect(widget.Said("visitor").Last).ToHaveTextAsync(longest);
        await Expect(widget.Panel).Not.ToContainTextAsync("Sending");
        Assert.Equal(["a\nb\nc\nde\tf", longest], await widget.HistoryAsync());

        var (dana, session) = await desk.AnswerAsync(widget);
        await dana.SayAsync("Good bye", session);
        (await dana.PostAsync($"operator/sessions/{session}/close")).Expect(HttpStatusCode.OK);
        var comment = widget.Panel.Locator(".rating textarea");
        await widget.Panel.Locator(".rating label").Last.ClickAsync();
        await comment.FillAsync(new string('c', 1002));
        await widget.Button("Send rating").ClickAsync();
        Assert.Equal("Too long by 2: at most 1,000 characters.", await comment.EvaluateAsync<string>("field => field.validationMessage"));
        await comment.EvaluateAsync("field => { field.value = 'Good\\v\\u0000\\u007f work'; field.dispatchEvent(new Event('input')); }");
        await widget.Button("Send rating").ClickAsync();
        await Expect(widget.Panel.GetByText("Thank you for your rating.")).ToBeVisibleAsync();
    }

    /// <summary>A visitor that an operator has answered, and that has closed the window.</summary>
    private async Task<(WidgetWindow Widget, DeskCaller Dana, string Session)> ClosedInConversationAsync(WatchedContext visitor)
    {
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(widget);
        await Expect(widget.Title).ToHaveTextAsync("Dana");
        await widget.CallAsync<object?>("void chat.close()");
        return (widget, dana, session);
    }
}
