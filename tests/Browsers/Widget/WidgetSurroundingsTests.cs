using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>What the page, its caches and the browser say of themselves is not the visitor's fault: its text is sent whatever that is.</summary>
[Collection(nameof(WidgetStories))]
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

    [Theory]
    [InlineData("no-such", "department \"no-such\"")]
    [InlineData("+%F0%9F%8C%BB+", "department \"🌻\"")]
    [InlineData("long", "department \"xxx")]
    [InlineData("", null)]
    [InlineData("+%01", null)]
    public async Task A_department_that_is_none_is_left_out_with_a_warning(string department, string? warning)
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("status of 400");
        var warnings = new List<string>();
        visitor.Context.Console += (_, message) => warnings.Add(message.Type == "warning" ? message.Text : "");
        if (department == "long")
        {
            await visitor.Context.AddInitScriptAsync("window.IntotesChatSettings = { department: 'x'.repeat(70000) };");
        }

        var widget = await desk.VisitAsync(visitor, department == "long" ? "" : $"department={department}");
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");

        await Expect(widget.Banner).ToContainTextAsync("in the queue");
        Assert.Equal(warning is null, !warnings.Exists(text => text.Contains(warning ?? "department", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("http://[")]
    [InlineData("other-kinds.json")]
    [InlineData("none.html")]
    public async Task Texts_of_the_page_that_are_none_are_left_out_with_the_plain_ones_in_their_place(string texts)
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor, $"texts={Uri.EscapeDataString(texts)}");
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");

        await Expect(widget.Title).ToHaveTextAsync("Support");
        await Expect(widget.Field).ToHaveAttributeAsync("placeholder", English);
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

    /// <summary>
    /// Between the chat and the service stands a cache that asks for nothing twice, such as a service worker of the page in browsers that give it the chat's frame, too:
    /// by the address, and by the address without its query.
    /// </summary>
    [Theory]
    [InlineData(false, 20)]
    [InlineData(true, 9)]
    public async Task A_cache_that_answers_everything_is_not_asked_without_end(bool ignoresQuery, int most)
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        var known = new ConcurrentDictionary<string, Task<IAPIResponse>>();
        var (polls, polled) = (0, new TaskCompletionSource());
        await widget.Page.RouteAsync("**/api/v1/chat/**", async route =>
        {
            if (route.Request.Method != "GET")
            {
                await route.ContinueAsync();
                return;
            }

            if (route.Request.Url.Contains("/chat/poll", StringComparison.Ordinal) && Interlocked.Increment(ref polls) > 1)
            {
                polled.TrySetResult();
            }

            var address = ignoresQuery ? route.Request.Url.Split('?')[0] : route.Request.Url;
            await route.FulfillAsync(new() { Response = await known.GetOrAdd(address, _ => route.FetchAsync(new() { Timeout = 60_000 })) });
        });
        await widget.OpenAsync();
        await widget.SayAsync("Hello");
        await Expect(widget.Panel.Locator("li.visitor")).ToContainTextAsync("Hello");
        if (!ignoresQuery)
        {
            var (dana, session) = await desk.AnswerAsync(widget);
            foreach (var text in (string[])["One", "Two", "Three"])
            {
                await dana.SayAsync(text, session);
                await Expect(widget.Said("operator").Last).ToHaveTextAsync(text);
            }
        }

        await polled.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Interlocked.Exchange(ref polls, 0);
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);

        Assert.InRange(polls, 0, most);
        await widget.SaidAsync("Still here");
    }

    [Theory]
    [InlineData(1200, 700)]
    [InlineData(390, 700)]
    public async Task On_a_page_with_a_zoom_of_its_own_the_window_is_on_the_screen(int width, int height)
    {
        await using var visitor = await chromium.OpenAsync(new() { ViewportSize = new() { Width = width, Height = height } });
        var widget = await desk.VisitAsync(visitor);
        await widget.Page.EvaluateAsync("document.documentElement.style.zoom = 1.5");
        await widget.OpenAsync();

        var box = (await widget.Page.Locator("intotes-chat iframe").BoundingBoxAsync())!;

        Assert.True(box.X >= 0 && box.Y >= 0 && box.X + box.Width <= width && box.Y + box.Height <= height, $"{box.X} {box.Y} {box.Width} {box.Height}");
        await Expect(widget.Field).ToBeInViewportAsync(new() { Ratio = 1 });
        await Expect(widget.Button("Minimise")).ToBeInViewportAsync(new() { Ratio = 1 });
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
