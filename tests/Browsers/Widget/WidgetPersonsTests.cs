using System.Collections.Concurrent;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>People who sit at one browser one after the other: nothing of one comes to another, whatever is on its way or left over.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetPersonsTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    [Theory]
    [InlineData("session", "Bao")]
    [InlineData("session", "nobody")]
    [InlineData("message", "Bao")]
    public async Task An_answer_that_comes_after_the_next_customer_is_not_for_its_eyes(string slow, string next)
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        var alice = Jwt.Issue(ChatClient.NewId("user"), "Alice");
        var bodies = new ConcurrentQueue<string>();
        visitor.Context.Request += (_, request) => bodies.Enqueue(request.PostData ?? "");
        var (asked, release, answered) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        await widget.Page.RouteAsync($"**/chat/{slow}", async route =>
        {
            var isAlice = route.Request.Headers.GetValueOrDefault("authorization") == $"Bearer {alice}";
            var answer = await route.FetchAsync();
            if (isAlice)
            {
                asked.TrySetResult();
                await release.Task;
            }

            await route.FulfillAsync(new() { Response = answer });
            if (isAlice)
            {
                answered.TrySetResult();
            }
        });
        await widget.IdentifyAsync(alice);
        await widget.OpenAsync();
        await widget.SayAsync("Alice's secret");
        await WithinHalfAMinute(asked);

        await widget.IdentifyAsync(next == "Bao" ? Jwt.Issue(ChatClient.NewId("user"), next) : null);
        await widget.OpenAsync();
        release.SetResult();
        await WithinHalfAMinute(answered);
        await widget.SaidAsync("Good day");

        await widget.ShowsAsync("Good day");
        Assert.Equal(slow == "message" ? 1 : 0, bodies.Count(body => body.Contains("secret", StringComparison.Ordinal)));
        Assert.Equal(next == "Bao" ? [] : ["session"], await KeptAsync(widget, "session$"));
        // Her own session may be kept under her own name.
        Assert.Equal(slow == "message" ? 2 : 1, (await KeptAsync(widget, "^intotes-chat:(account|session)")).Length);
        if (next != "Bao")
        {
            Assert.Equal(["Good day"], await widget.HistoryAsync());
        }

        static Task WithinHalfAMinute(TaskCompletionSource source) => source.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Who_signs_in_while_its_first_message_is_on_its_way_loses_nothing_of_it()
    {
        // The token under which it was sent may be gone when it comes; it is sent again under the account's.
        await using var visitor = (await chromium.OpenAsync()).Expecting("status of 40");
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        var hasSignedIn = new TaskCompletionSource();
        await widget.Page.RouteAsync("**/chat/message", async route =>
        {
            await hasSignedIn.Task;
            await route.ContinueAsync();
        });
        await widget.SayAsync("Hello");
        await widget.IdentifyAsync(Jwt.Issue(ChatClient.NewId("user"), "Alice"));
        hasSignedIn.SetResult();

        await Expect(widget.Panel.Locator("li.visitor")).ToContainTextAsync("Sent");
        await widget.ShowsAsync("Hello");
        await widget.SaidAsync("It is me");
        await widget.ShowsAsync("Hello", "It is me");
    }

    [Fact]
    public async Task What_one_customer_could_not_send_is_never_sent_by_the_next_and_is_gone_once_nobody_is_signed_in()
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("ERR_FAILED");
        var widget = await desk.VisitAsync(visitor);
        var (alice, bao) = (Jwt.Issue(ChatClient.NewId("user"), "Alice"), Jwt.Issue(ChatClient.NewId("user"), "Bao"));
        await widget.IdentifyAsync(alice);
        await widget.OpenAsync();
        await widget.SaidAsync("I am Alice");
        await widget.Page.RouteAsync("**/chat/message", route => route.AbortAsync());
        await widget.SayAsync("Alice's secret");
        await Expect(widget.Panel.Locator("li.visitor").Last).ToContainTextAsync("secret");
        await widget.Page.UnrouteAllAsync();

        await widget.Page.ReloadAsync();
        await widget.IdentifyAsync(bao);
        await widget.CallAsync<object?>("chat.open().then(() => null)");
        await widget.SaidAsync("I am Bao");
        await widget.ShowsAsync("I am Bao");

        await widget.Page.ReloadAsync();
        await widget.IdentifyAsync(null);
        Assert.Empty(await KeptAsync(widget, "account|secret"));
    }

    [Theory]
    [InlineData("Bao")]
    [InlineData("nobody")]
    public async Task What_one_was_writing_is_not_there_for_the_next(string next)
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.IdentifyAsync(Jwt.Issue(ChatClient.NewId("user"), "Alice"));
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(widget);
        await dana.SayAsync("Your balance is 12", session);
        await Expect(widget.Panel.Locator("[role=status].unseen")).ToContainTextAsync("balance");
        await widget.Field.FillAsync("Alice's secret");

        await widget.IdentifyAsync(next == "Bao" ? Jwt.Issue(ChatClient.NewId("user"), next) : null);
        await widget.OpenAsync();

        await Expect(widget.Field).ToHaveValueAsync("");
        await Expect(widget.Panel.Locator("[role=status].unseen")).ToBeEmptyAsync();
        await Expect(widget.Panel).Not.ToContainTextAsync("balance");
    }

    [Fact]
    public async Task A_page_without_a_token_may_say_so_however_it_likes()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        await widget.CallAsync<object?>("chat.identify(undefined).then(() => null)");
        await widget.CallAsync<object?>("chat.identify('').then(() => null)");

        await widget.SaidAsync("Still me");
        await widget.ShowsAsync("Hello", "Still me");
        Assert.Equal(["Hello", "Still me"], await widget.HistoryAsync());
    }

    [Fact]
    public async Task Who_has_nothing_here_loads_nothing_though_another_customer_has()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.IdentifyAsync(Jwt.Issue(ChatClient.NewId("user"), "Alice"));
        await widget.OpenAsync();
        await widget.SaidAsync("I am Alice");
        await widget.Page.ReloadAsync();
        var requests = new List<string>();
        visitor.Context.Request += (_, request) => requests.Add(request.Url);

        await widget.IdentifyAsync(Jwt.Issue(ChatClient.NewId("user"), "Bao"));
        await Expect(widget.Launcher).ToBeVisibleAsync();
        await widget.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);

        Assert.DoesNotContain(requests, url => url.Contains("/widget/", StringComparison.Ordinal) || url.Contains("/api/", StringComparison.Ordinal));
    }

    /// <summary>The keys under which the browser keeps something that this is in, without their prefix.</summary>
    private static Task<string[]> KeptAsync(WidgetWindow widget, string pattern) => widget.Page.EvaluateAsync<string[]>("""
        pattern => [localStorage, sessionStorage].flatMap(area => Object.entries(area).filter(([key, value]) => RegExp(pattern).test(key) || RegExp(pattern).test(value)))
          .map(([key]) => key.replace('intotes-chat:', ''))
        """, pattern);
}
