using System.Collections.Concurrent;
using System.Globalization;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>How often the widget asks, and which keys send: nothing that a page, a proxy or a keyboard does makes it run wild.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetPaceTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    [Fact]
    public async Task A_page_that_answers_with_one_bad_token_after_the_other_is_asked_less_and_less_often()
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("401");
        var widget = await desk.VisitAsync(visitor);
        var user = ChatClient.NewId("user");
        await widget.IdentifyAsync(Jwt.Issue(user, "Alice"));
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var requests = new ConcurrentQueue<string>();
        visitor.Context.Request += (_, request) => requests.Enqueue(request.Url);

        var bad = Enumerable.Range(1, 500).Select(n => Jwt.Issue(user, "Alice", expiresIn: TimeSpan.FromMinutes(-10 - n))).ToArray();
        await widget.CallAsync<object?>("""
            void (window.told = [], chat.on('token-expired', () => {
              told.push(performance.now());
              if (told.length < 500) chat.identify(argument[told.length]);
            }), chat.identify(argument[0]))
            """, bad);
        // Not WaitForFunction, which the page's Content-Security-Policy forbids.
        await widget.Page.EvaluateAsync("new Promise(done => setInterval(() => told.length >= 4 && done(), 20))");
        var asked = requests.Count;
        var told = await widget.Page.EvaluateAsync<double[]>("told");

        var gaps = told.Zip(told.Skip(1), (before, after) => after - before).Take(3).ToArray();
        Assert.True(gaps[0] >= 2_000 && gaps[1] >= 4_000 && gaps[2] >= 8_000, string.Join(", ", gaps));
        Assert.InRange(asked, 4, 20);

        await widget.IdentifyAsync(Jwt.Issue(user, "Alice"));
        await widget.SaidAsync("Here I am");
        await widget.ShowsAsync("Hello", "Here I am");
        await Expect(widget.Banner).Not.ToContainTextAsync("signed out");
    }

    [Theory]
    [InlineData("a date")]
    [InlineData("seconds")]
    public async Task The_service_may_say_when_to_come_again_by_a_date_too(string form)
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("429");
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        await Expect(widget.Banner).ToContainTextAsync("You are number");
        await widget.Page.GotoAsync("about:blank");
        var asked = new ConcurrentQueue<DateTimeOffset>();
        var again = DateTimeOffset.MinValue;
        await widget.Page.RouteAsync("**/chat/poll?**", async route =>
        {
            var now = TimeProvider.System.GetUtcNow();
            if (again != DateTimeOffset.MinValue || !route.Request.Url.Contains("wait=", StringComparison.Ordinal))
            {
                if (!asked.IsEmpty)
                {
                    asked.Enqueue(now);
                }

                await route.ContinueAsync();
                return;
            }

            asked.Enqueue(now);
            // To the second, as such dates are.
            again = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds() + 4);
            var headers = new Dictionary<string, string>
            {
                ["Retry-After"] = form == "a date" ? again.ToString("R", CultureInfo.InvariantCulture) : "3",
                ["Access-Control-Allow-Origin"] = "*",
                ["Access-Control-Expose-Headers"] = "Retry-After",
                ["Content-Type"] = "application/problem+json",
            };
            await route.FulfillAsync(new() { Status = 429, Headers = headers, Body = """{ "code": "rate_limited" }""" });
        });
        await widget.Page.GoBackAsync();
        await Expect(widget.Banner).ToContainTextAsync("The connection is lost.");
        await Expect(widget.Banner).Not.ToContainTextAsync("The connection is lost.");

        var times = asked.Take(2).ToArray();
        Assert.True(form == "a date" ? times[1] >= again : times[1] - times[0] >= TimeSpan.FromSeconds(3), $"{times[0]:O} {times[1]:O} {again:O}");
    }

    [Fact]
    public async Task A_hidden_tab_asks_more_slowly_and_at_once_when_it_shows_again()
    {
        await using var visitor = await chromium.OpenAsync();
        await visitor.Context.AddInitScriptAsync("""
            // In the page, and in the frame of the widget.
            window.isHidden = false;
            Object.defineProperty(Document.prototype, 'hidden', { get: () => top.isHidden });
            const { fetch: ask } = window;
            window.fetch = (...request) => {
              if (`${request[0]}`.includes('/chat/poll')) top.asked.push({ at: performance.now(), waits: request[0].includes('wait=') });
              return ask(...request);
            };
            window.asked = [];
            window.hide = is => {
              isHidden = is;
              asked.length = 0;
              for (const of of [document, document.querySelector('intotes-chat').shadowRoot.querySelector('iframe').contentDocument]) of.dispatchEvent(new Event('visibilitychange'));
            };
            """);
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(widget);
        await Expect(widget.Title).ToHaveTextAsync("Dana");

        await widget.Page.EvaluateAsync("hide(true)");
        await UntilAskedAsync(2);
        var hidden = await widget.Page.EvaluateAsync<double[]>("asked.map(poll => poll.at)");
        Assert.True(hidden[1] - hidden[0] >= 5_000, string.Join(", ", hidden));
        Assert.False(await widget.Page.EvaluateAsync<bool>("asked.some(poll => poll.waits)"));

        await dana.SayAsync("Are you there?", session);
        await widget.Page.EvaluateAsync("hide(false)");
        await UntilAskedAsync(1);
        Assert.True(await widget.Page.EvaluateAsync<bool>("asked[0].waits"));
        await widget.ShowsAsync("Hello", "Are you there?");

        // A busy service slows polls that do not wait, and those of a hidden tab twice.
        Task UntilAskedAsync(int times) => widget.Page
            .EvaluateAsync("times => new Promise(done => setInterval(() => asked.length >= times && done(), 20))", times)
            .WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_key_that_belongs_to_the_choice_of_a_character_neither_sends_nor_closes()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor, "locale=ja");
        await widget.OpenAsync();
        await widget.Field.FillAsync("こんにちは");
        foreach (var key in (string[])["Enter", "Escape"])
        {
            // In Safari the choice is over when its last key comes, which is then 229; in others it goes on.
            foreach (var of in (string[])["keyCode: 229", "isComposing: true"])
            {
                var isPrevented = await widget.Field.EvaluateAsync<bool>(
                    $"field => !field.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', {of}, bubbles: true, composed: true, cancelable: true }}))");
                Assert.False(isPrevented, $"{key} {of}");
                await Expect(widget.Field).ToHaveValueAsync("こんにちは");
            }
        }

        await widget.Field.PressAsync("Enter");
        await widget.ShowsAsync("こんにちは");
    }
}
