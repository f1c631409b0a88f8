using Intotes.Chat.Tests.Redis;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>What breaks under a conversation: nothing of it is lost or doubled on the screen.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetTroubleTests(Chromium chromium, ShortLeaseWidgetNodes desk) : IClassFixture<ShortLeaseWidgetNodes>
{
    [Fact]
    public async Task When_the_operator_vanishes_the_visitor_keeps_its_place_and_another_takes_over()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(widget);
        await dana.SayAsync("Good day", session);
        await Expect(widget.Title).ToHaveTextAsync("Dana");

        await Expect(widget.Title).ToHaveTextAsync("Support");
        await Expect(widget.Rows.Last).ToContainTextAsync("you are at the front of the queue again");
        await widget.SaidAsync("Hello?");
        var (eve, same) = await desk.AnswerAsync(widget, "Eve");
        Assert.Equal(session, same);
        await Expect(widget.Title).ToHaveTextAsync("Eve");
        await eve.SayAsync("I take over", session);

        await widget.ShowsAsync("Hello", "Good day", "Hello?", "I take over");
        Assert.Equal(["Dana", "Eve"], await widget.Panel.Locator("li.operator bdi").AllTextContentsAsync());
    }

    [Fact]
    public async Task What_both_sides_say_while_the_visitor_is_offline_arrives_once_it_is_back()
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("ERR_INTERNET_DISCONNECTED");
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(widget);
        await Expect(widget.Title).ToHaveTextAsync("Dana");

        await visitor.Context.SetOfflineAsync(true);
        await Expect(widget.Banner).ToContainTextAsync("You are offline.");
        await widget.SayAsync("Said offline");
        await widget.SayAsync("And this");
        await Expect(widget.Button("Try again")).ToBeVisibleAsync();
        await dana.SayAsync("Said meanwhile", session);
        await visitor.Context.SetOfflineAsync(false);

        await widget.ShowsAsync("Hello", "Said meanwhile", "Said offline", "And this");
        await Expect(widget.Banner).ToBeHiddenAsync();
        await Expect(widget.Panel.Locator(".failed")).ToHaveCountAsync(0);
        Assert.Equal(["Hello", "Said meanwhile", "Said offline", "And this"], await widget.HistoryAsync());
    }

    [Fact]
    public async Task A_lost_answer_makes_no_second_message()
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("ERR_FAILED");
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var lost = 0;
        await widget.Page.RouteAsync("**/chat/message", async route =>
        {
            await route.FetchAsync();
            if (Interlocked.Increment(ref lost) < 3)
            {
                await route.AbortAsync();
            }
            else
            {
                await route.ContinueAsync();
            }
        });

        await widget.SaidAsync("Only once");

        await widget.ShowsAsync("Hello", "Only once");
        await widget.SaidAsync("The next");
        await widget.ShowsAsync("Hello", "Only once", "The next");
        Assert.InRange(lost, 1, 4);
        Assert.Equal(["Hello", "Only once", "The next"], await widget.HistoryAsync());
    }

    [Fact]
    public async Task What_was_not_sent_yet_outlasts_a_reload()
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("ERR_FAILED");
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        await widget.Page.RouteAsync("**/chat/message", route => route.AbortAsync());
        await widget.SayAsync("Not lost");
        await Expect(widget.Panel.Locator("li.visitor").Last).ToContainTextAsync("Not lost");

        await widget.Page.UnrouteAllAsync();
        await widget.Page.ReloadAsync();

        await widget.ShowsAsync("Hello", "Not lost");
        await Expect(widget.Panel).Not.ToContainTextAsync("Sending");
        Assert.Equal(["Hello", "Not lost"], await widget.HistoryAsync());
    }

    [Fact]
    public async Task Where_long_requests_are_cut_off_it_polls_by_the_pace_of_the_service()
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("ERR_FAILED");
        var widget = await desk.VisitAsync(visitor);
        var (cut, plain) = (0, 0);
        await widget.Page.RouteAsync("**/chat/poll?**", route => route.Request.Url.Contains("wait=", StringComparison.Ordinal)
            ? Interlocked.Increment(ref cut) > 0 ? route.AbortAsync() : Task.CompletedTask
            : Interlocked.Increment(ref plain) > 0 ? route.ContinueAsync() : Task.CompletedTask);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(widget);

        foreach (var text in (string[])["One", "Two", "Three"])
        {
            await dana.SayAsync(text, session);
            await Expect(widget.Said("operator").Last).ToHaveTextAsync(text);
        }

        // Two tell the widget. A poll that it gives up itself, to ask at once, tells it nothing and counts here too.
        Assert.InRange(cut, 2, 4);
        Assert.InRange(plain, 3, 100);
    }

    [Fact]
    public async Task A_restart_of_Redis_in_the_middle_shows_and_passes()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendfsync", "always");
        await using var shop = await ShopPage.StartAsync();
        // It says that Redis was away, as it should.
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch(), new Dictionary<string, string> { ["Chat:AllowedOrigins:0"] = shop.Origin });
        await using var visitor = (await chromium.OpenAsync()).Expecting("Failed to load resource");
        var page = await visitor.NewPageAsync();
        await page.GotoAsync(shop.With(node.Address));
        var widget = new WidgetWindow(page);
        await widget.OpenAsync();
        await widget.SaidAsync("Before");

        await redis.KillAsync();
        await widget.SayAsync("During");
        await Expect(widget.Banner).ToContainTextAsync("The connection is lost.");
        await redis.StartAgainAsync();

        await widget.ShowsAsync("Before", "During");
        await widget.SaidAsync("After");
        await Expect(widget.Banner).ToContainTextAsync("You are number 1 in the queue.");
        Assert.Equal(["Before", "During", "After"], await widget.HistoryAsync());
    }
}
