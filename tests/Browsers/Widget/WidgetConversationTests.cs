using System.Text.RegularExpressions;
using Intotes.Chat.Features.Sessions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>Conversations from the first word to the last, in the browser of a visitor.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetConversationTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    [Fact]
    public async Task A_visitor_calls_waits_talks_ends_rates_keeps_the_transcript_and_begins_anew()
    {
        await using var first = await chromium.OpenAsync();
        await using var second = await chromium.OpenAsync();
        var (one, other) = (await desk.VisitAsync(first, "department=billing"), await desk.VisitAsync(second, "department=billing", node: 1));
        await one.OpenAsync();
        await one.SayAsync("Is my order through?");
        await Expect(one.Banner).ToHaveTextAsync("You are number 1 in the queue.");
        await other.OpenAsync();
        await other.Button("Talk to an operator").ClickAsync();
        await Expect(other.Banner).ToHaveTextAsync("You are number 2 in the queue.");
        await Expect(one.Rows.Last).ToContainTextAsync("An operator has been called.");

        var (dana, session) = await desk.AnswerAsync(one);
        await Expect(one.Title).ToHaveTextAsync("Dana");
        await Expect(one.Banner).ToBeHiddenAsync();
        await Expect(one.Panel.Locator("li.visitor")).ToContainTextAsync("Delivered");

        await WidgetNodes.TypeAsync(dana, session, one);
        await Expect(one.Panel).ToContainTextAsync("Dana is writing");
        await dana.SayAsync("It was filled at 09:31.", session);
        await one.ShowsAsync("Is my order through?", "It was filled at 09:31.");
        await Expect(one.Panel).Not.ToContainTextAsync("Dana is writing");

        await one.Field.PressSequentiallyAsync("Thank");
        await WidgetNodes.UntilAsync(dana, session, poll => (bool)poll["typing"]!);
        await one.SaidAsync("Thank you!");
        var poll = await WidgetNodes.UntilAsync(dana, session, poll => poll["messages"]!.AsArray().Any(m => (string?)m!["text"] == "Thank you!") && poll["readUpTo"] is not null);
        await dana.PostAsync("chat/read", new { upTo = (string)poll["cursor"]!, sessionId = session });
        await Expect(one.Panel.Locator("li.visitor").Last).ToContainTextAsync("Read");

        await one.Button("End the conversation").ClickAsync();
        await one.Button("Go on").ClickAsync();
        await one.Button("End the conversation").ClickAsync();
        await one.Button("End it").ClickAsync();
        await Expect(one.Rows.Last).ToContainTextAsync("This conversation has ended.");
        await one.Panel.GetByRole(AriaRole.Radio, new() { Name = "4 of 5" }).CheckAsync();
        await one.Panel.GetByPlaceholder("Anything you would like to add").FillAsync("Quick\nand kind");
        await one.Button("Send rating").ClickAsync();
        await Expect(one.Panel).ToContainTextAsync("Thank you for your rating.");
        var transcript = await one.Page.RunAndWaitForDownloadAsync(() => one.Button("Download the conversation").ClickAsync());
        Assert.Contains("It was filled at 09:31.", await File.ReadAllTextAsync(await transcript.PathAsync(), TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await one.Button("Start a new conversation").ClickAsync();
        await Expect(one.Rows).ToHaveCountAsync(0);
        await one.SaidAsync("One more thing");
        await one.ShowsAsync("One more thing");
        await Expect(one.Banner).ToHaveTextAsync("You are number 2 in the queue.");
        await Expect(other.Panel.Locator("li.visitor")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_operator_is_called_at_once_even_if_the_message_is_stored_while_a_poll_knows_it_already()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        var (stored, polled) = (new TaskCompletionSource(), new TaskCompletionSource());
        await widget.Page.RouteAsync("**/chat/message", async route =>
        {
            var answer = await route.FetchAsync();
            stored.SetResult();
            await polled.Task;
            await route.FulfillAsync(new() { Response = answer });
        });
        await widget.Page.RouteAsync("**/chat/history?**", async route =>
        {
            await stored.Task;
            await route.ContinueAsync();
        });
        // The page gives up the first poll. The next one has nothing to tell for 25 s.
        await widget.Page.RouteAsync("**/chat/poll?**", route => polled.TrySetResult() ? Task.CompletedTask : route.ContinueAsync());
        await widget.OpenAsync();

        await widget.Page.RunAndWaitForRequestAsync(() => widget.SayAsync("Hello"), "**/chat/session/call-operator", new() { Timeout = 20_000 });
    }

    [Fact]
    public async Task An_answer_to_the_call_that_comes_after_the_operator_does_not_put_the_visitor_back_into_the_queue()
    {
        await using var visitor = await chromium.OpenAsync();
        var (widget, hold) = (await desk.VisitAsync(visitor), new Hold());
        await widget.Page.RouteAsync("**/chat/session/call-operator", async route =>
        {
            var answer = await route.FetchAsync();
            await hold.UntilReleasedAsync(() => route.FulfillAsync(new() { Response = answer }));
        });
        await widget.OpenAsync();
        await widget.SayAsync("Hello");
        await desk.AnswerAsync(widget);
        await Expect(widget.Title).ToHaveTextAsync("Dana");

        var answered = widget.Page.WaitForResponseAsync("**/chat/session/call-operator");
        hold.Release();
        await (await answered).FinishedAsync();
        await widget.Page.EvaluateAsync("() => new Promise(done => setTimeout(done, 100))");

        Assert.True(await widget.Banner.IsHiddenAsync());
    }

    [Fact]
    public async Task After_a_call_that_ended_without_the_visitor_its_next_message_calls_again()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SayAsync("Hello");
        var called = widget.Panel.Locator("li.system").GetByText("An operator has been called.");
        await Expect(called).ToHaveCountAsync(1);
        await desk.Nodes.Services.GetRequiredService<SessionStore>().AbandonAsync(
            await widget.SessionAsync(), "support", TestContext.Current.CancellationToken);
        await Expect(widget.Rows.Last).ToContainTextAsync("Your call has ended");

        await widget.SayAsync("Is anybody there?");

        await Expect(called).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task After_a_reload_everything_is_there_and_what_came_meanwhile()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(widget);
        await dana.SayAsync("Good day", session);
        await widget.ShowsAsync("Hello", "Good day");

        await widget.Page.GotoAsync("about:blank");
        await dana.SayAsync("Are you there?", session);
        await widget.Page.GoBackAsync();

        await widget.ShowsAsync("Hello", "Good day", "Are you there?");
        await Expect(widget.Title).ToHaveTextAsync("Dana");
        await widget.SaidAsync("I am");
        await widget.ShowsAsync("Hello", "Good day", "Are you there?", "I am");
    }

    [Fact]
    public async Task Two_tabs_show_the_same_and_what_one_shows_is_no_news_in_the_other()
    {
        await using var visitor = await chromium.OpenAsync();
        var first = await desk.VisitAsync(visitor);
        await first.OpenAsync();
        await first.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(first);
        var second = await desk.VisitAsync(visitor, node: 1);
        await Expect(second.Panel).ToHaveCountAsync(0);
        await first.Button("Minimise").ClickAsync();

        await dana.SayAsync("Good day", session);
        foreach (var tab in (WidgetWindow[])[first, second])
        {
            await Expect(tab.Page).ToHaveTitleAsync("(1) A shop");
            await Expect(tab.Launcher).ToHaveAccessibleNameAsync("Chat with us: 1 new");
        }

        await second.OpenAsync();
        await Expect(first.Page).ToHaveTitleAsync("A shop");
        await second.SaidAsync("From the second");
        await first.OpenAsync();
        await first.SaidAsync("From the first");
        foreach (var tab in (WidgetWindow[])[first, second])
        {
            await tab.ShowsAsync("Hello", "Good day", "From the second", "From the first");
        }

        await second.Button("End the conversation").ClickAsync();
        await second.Button("End it").ClickAsync();
        await Expect(first.Button("Start a new conversation")).ToBeVisibleAsync();
        await first.Button("Start a new conversation").ClickAsync();
        await first.SaidAsync("Again");
        foreach (var tab in (WidgetWindow[])[first, second])
        {
            await tab.ShowsAsync("Again");
        }
    }

    [Theory]
    [InlineData("20", "", @"^You are number \d+ in the queue\. Expected wait: about 1 minute\.$")]
    [InlineData("150", "", @"^You are number \d+ in the queue\. Expected wait: about 3 minutes\.$")]
    [InlineData("150", "locale=de", @"^Sie sind .* 3 Minuten\.$")]
    [InlineData("0", "", @"^You are number \d+ in the queue\.$")]
    [InlineData("null", "", @"^You are number \d+ in the queue\.$")]
    public async Task Who_waits_is_told_how_long_it_may_take_where_that_is_known(string seconds, string attributes, string told)
    {
        await using var visitor = await chromium.OpenAsync();
        // The service knows it once conversations have lasted minutes.
        await visitor.Context.AddInitScriptAsync($$"""
            const { fetch: ask } = window;
            window.fetch = async (...request) => {
              const answer = await ask(...request), text = await answer.text();
              return new Response(text.replace(/("estimatedWaitSeconds":)(null|\d+)/, '$1{{seconds}}') || null, answer);
            };
            """);
        var widget = await desk.VisitAsync(visitor, attributes);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");

        await Expect(widget.Banner).ToHaveTextAsync(new Regex(told));
    }
}
