using System.Net;
using System.Text.Json.Nodes;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>What the page, its caches and the browser say of themselves is not the visitor's fault: its text is sent whatever that is.</summary>
[Collection(nameof(BrowserStories))]
public sealed class WidgetSurroundingsTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    private const string English = "Write a message", German = "Nachricht schreiben";

    [Theory]
    [InlineData("en-US-u-ca-gregory-hc-h23-nu-latn-kn-true-co-phonebk", "en-US", English)]
    [InlineData("en-", "en", English)]
    [InlineData("de_DE.UTF-8@euro", "de-DE", German)]
    [InlineData("de-AT-x-a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s-t", "de-AT", German)]
    [InlineData("de-🌻", "de", German)]
    [InlineData("x-klingon", "en", English)]
    public async Task A_language_is_what_can_be_made_of_it(string language, string told, string placeholder)
    {
        await using var visitor = await chromium.OpenAsync(new() { Locale = "en-US" });
        var widget = await desk.VisitAsync(visitor, $"lang={Uri.EscapeDataString(language)}");
        await widget.OpenAsync();
        await Expect(widget.Field).ToHaveAttributeAsync("placeholder", placeholder);
        await widget.SaidAsync("Hello");

        Assert.Equal(told, (string?)(await SeenAsync(widget))["locale"]);
    }

    [Fact]
    public async Task An_address_that_is_too_long_is_cut()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.Page.EvaluateAsync("history.replaceState(null, '', '/' + 'p'.repeat(5000))");
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");

        Assert.Equal($"{desk.Shop.Origin}/{new string('p', 5000)}"[..2000], (string?)(await SeenAsync(widget))["pageUrl"]);
    }

    [Fact]
    public async Task A_department_that_is_none_is_left_out_with_a_warning()
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("status of 400");
        var warnings = new List<string>();
        visitor.Context.Console += (_, message) => warnings.Add(message.Type == "warning" ? message.Text : "");
        var widget = await desk.VisitAsync(visitor, "department=no-such");
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");

        await Expect(widget.Banner).ToContainTextAsync("in the queue");
        Assert.Contains(warnings, text => text.Contains("department \"no-such\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Operators_see_the_page_of_the_moment_also_of_a_single_page_application()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(widget);

        foreach (var (go, page) in ((string, string)[])
        [
            ("history.pushState(null, '', '/basket?secret=1#part')", "/basket"), ("location.hash = '#/pay?secret=1'", "/basket#/pay"),
            ("history.back()", "/basket"), ("history.replaceState(null, '', '/app#!/orders')", "/app#!/orders"),
            ("location.hash = 'access_token=secret'", "/app"), ("history.replaceState(null, '', '/🌻/é')", "/%F0%9F%8C%BB/%C3%A9"),
        ])
        {
            await widget.Page.EvaluateAsync(go);
            await UntilAsync(dana, desk.Shop.Origin + page);
        }

        // Another page of the site, and a session that is closed is not opened again by it.
        await widget.Page.GotoAsync(new Uri(new Uri(desk.Shop.Origin), "/help?" + new Uri(desk.Shop.With(desk.Nodes.Addresses[0])).Query.TrimStart('?')).ToString());
        await UntilAsync(dana, $"{desk.Shop.Origin}/help");
        (await dana.PostAsync($"operator/sessions/{session}/close")).Expect(HttpStatusCode.OK);
        await Expect(widget.Panel.Locator(".over").Last).ToBeVisibleAsync();
        await widget.Page.EvaluateAsync("history.pushState(null, '', '/later')");
        Assert.Equal(session, await widget.SessionAsync());
    }

    /// <summary>Cache-first by the address, and by the address without its query.</summary>
    [Theory]
    [InlineData("", true, 20)]
    [InlineData("ignoreSearch: true", false, 9)]
    public async Task A_service_worker_that_caches_everything_is_not_asked_without_end(string options, bool showsNews, int most)
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.Page.EvaluateAsync("async options => { await navigator.serviceWorker.register('/sw.js?options=' + options); await navigator.serviceWorker.ready; }", options);
        await widget.Page.ReloadAsync();
        await widget.OpenAsync();
        await widget.SayAsync("Hello");
        await Expect(widget.Panel.Locator("li.visitor")).ToContainTextAsync("Hello");
        if (showsNews)
        {
            var (dana, session) = await desk.AnswerAsync(widget);
            foreach (var text in (string[])["One", "Two", "Three"])
            {
                await dana.SayAsync(text, session);
                await Expect(widget.Said("operator").Last).ToHaveTextAsync(text);
            }
        }

        var polls = 0;
        widget.Page.Request += (_, request) => Interlocked.Add(ref polls, request.Url.Contains("/chat/poll", StringComparison.Ordinal) ? 1 : 0);
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);

        Assert.InRange(polls, 0, most);
        await widget.SaidAsync("Still here");
    }

    /// <summary>What operators see of this visitor, who waits.</summary>
    private async Task<JsonNode> SeenAsync(WidgetWindow widget)
    {
        await Expect(widget.Panel.Locator("li.system").First).ToBeVisibleAsync();
        var session = await widget.SessionAsync();
        return (await desk.Operator().GetAsync($"operator/sessions/{session}")).Expect(HttpStatusCode.OK)["session"]!["visitor"]!;
    }

    private static async Task UntilAsync(Features.Operators.DeskCaller dana, string page)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var seen = (string?)(await dana.GetAsync("operator/sessions"))["sessions"]![0]!["visitor"]!["pageUrl"];
            if (seen == page)
            {
                return;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30), $"{seen} is not {page}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
