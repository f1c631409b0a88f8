using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>Where the focus is, what can be rated, put right or loaded when something goes otherwise than usual.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetFocusTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    [Fact]
    public async Task After_a_reload_the_window_is_there_and_the_focus_where_the_page_has_it()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");

        await widget.Page.ReloadAsync();
        await widget.ShowsAsync("Hello");

        Assert.Equal("BODY", await widget.Page.EvaluateAsync<string>("document.activeElement.tagName"));
    }

    [Fact]
    public async Task Each_conversation_can_be_rated_and_the_focus_stays_in_the_window_when_one_ends()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        for (var score = 4; score <= 5; score++)
        {
            await widget.SaidAsync($"Conversation {score}");
            var (dana, session) = await desk.AnswerAsync(widget);
            await dana.SayAsync("Good day", session);
            await Expect(widget.Said("operator")).ToHaveCountAsync(1);
            await Expect(widget.Field).ToBeFocusedAsync();
            (await dana.PostAsync($"operator/sessions/{session}/close")).Expect(System.Net.HttpStatusCode.OK);
            await Expect(widget.Button("Start a new conversation")).ToBeFocusedAsync();

            await widget.Panel.GetByRole(AriaRole.Radio, new() { Name = $"{score} of 5" }).CheckAsync();
            await widget.Button("Send rating").PressAsync("Enter");
            await Expect(widget.Panel).ToContainTextAsync("Thank you for your rating.");
            await Expect(widget.Button("Start a new conversation")).ToBeFocusedAsync();
            await widget.Page.Keyboard.PressAsync("Enter");
            await Expect(widget.Field).ToBeFocusedAsync();
        }
    }

    [Fact]
    public async Task What_can_not_be_sent_goes_back_into_the_field()
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("400");
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SayRefusedAsync("Bell");
        await widget.Button("Edit").ClickAsync();

        await Expect(widget.Field).ToBeFocusedAsync();
        await Expect(widget.Field).ToHaveValueAsync("Bell");
        await widget.ShowsAsync();
        await widget.SaidAsync("Bell, corrected");
        await widget.ShowsAsync("Bell, corrected");
    }

    [Fact]
    public async Task On_a_small_screen_Tab_goes_round_in_the_window_that_covers_the_page()
    {
        await using var visitor = await chromium.OpenAsync(new() { ViewportSize = new() { Width = 320, Height = 568 } });
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await Expect(widget.Panel).ToHaveAttributeAsync("aria-modal", "true");

        foreach (var key in (string[])["Tab", "Shift+Tab"])
        {
            for (var i = 0; i < 10; i++)
            {
                await widget.Page.Keyboard.PressAsync(key);
                Assert.True(await widget.Panel.EvaluateAsync<bool>("panel => document.hasFocus() && panel.contains(document.activeElement)"), $"{key} {i}");
            }
        }
    }

    [Fact]
    public async Task Without_its_own_texts_a_page_has_those_of_the_language()
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("404");
        var widget = await desk.VisitAsync(visitor, "locale=de&texts=/texts.json");
        await widget.Page.RouteAsync("**/texts.json", route => route.FulfillAsync(new() { Status = 404, ContentType = "application/json", Body = """{ "title": "Not Found" }""" }));
        await widget.OpenAsync();

        await Expect(widget.Panel).ToContainTextAsync("Wie können wir helfen?");
        await Expect(widget.Title).ToHaveTextAsync("Support");
    }

    [Fact]
    public async Task A_transcript_that_does_not_come_is_no_fault_of_the_page()
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("500");
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        await widget.Page.RouteAsync("**/session/transcript*", route => route.FulfillAsync(
            new() { Status = 500, Body = "no", Headers = new Dictionary<string, string> { ["Access-Control-Allow-Origin"] = "*" } }));
        await widget.Button("Download the conversation").ClickAsync();

        await Expect(widget.Banner).ToContainTextAsync("That did not work.");
    }

    [Fact]
    public async Task The_button_stays_where_it_is_in_whatever_language()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor, "locale=ar");
        var before = (await widget.Launcher.BoundingBoxAsync())!;
        await widget.OpenAsync();
        var (after, panel) = ((await widget.Launcher.BoundingBoxAsync())!, (await widget.Panel.BoundingBoxAsync())!);

        Assert.Equal(before.X, after.X);
        Assert.Equal(after.X + after.Width, panel.X + panel.Width);
    }
}
