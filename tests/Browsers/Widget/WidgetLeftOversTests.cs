using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>What a visitor wrote before a page on which it is signed in, or out: it goes with the visitor, and never to the next one. And what could not be told is told later.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetLeftOversTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task What_a_visitor_wrote_goes_with_it_to_the_next_page_and_is_gone_once_it_signed_out(bool hasSession, bool isSignedInLate)
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("ERR_FAILED");
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        if (hasSession)
        {
            await widget.SaidAsync("Hello");
        }

        // Without a session the next page loads nothing until the visitor opens the chat.
        await widget.Page.RouteAsync(hasSession ? "**/chat/message" : "**/chat/session", route => route.AbortAsync());
        await widget.SayAsync("Unsent secret");
        await Expect(widget.Panel.Locator("li.visitor").Last).ToContainTextAsync("Unsent secret");
        await widget.Field.FillAsync("Written secret");
        await widget.CallAsync<object?>("chat.close()");

        await widget.Page.ReloadAsync();
        await widget.Page.UnrouteAllAsync();
        if (isSignedInLate)
        {
            await widget.CallAsync<object?>("chat.open().then(() => null)");
            await Expect(widget.Field).ToHaveValueAsync("Written secret");
        }

        await widget.IdentifyAsync(Jwt.Issue(ChatClient.NewId("user"), "Alice"));
        if (hasSession)
        {
            await widget.CallAsync<object?>("chat.open().then(() => null)");
            await Expect(widget.Field).ToHaveValueAsync("Written secret");
            await widget.ShowsAsync("Hello", "Unsent secret");
            await Expect(widget.Panel).Not.ToContainTextAsync("Sending");
        }

        Assert.Empty(await KeptAsync(widget, ":(draft|unsent):session"));
        Assert.NotEmpty(await KeptAsync(widget, "secret"));
        await widget.Page.ReloadAsync();
        await widget.IdentifyAsync(null);
        Assert.Empty(await KeptAsync(widget, "secret|draft|unsent|account"));
        await widget.CallAsync<object?>("chat.open().then(() => null)");
        await Expect(widget.Field).ToHaveValueAsync("");
        await Expect(widget.Panel).Not.ToContainTextAsync("secret");
    }

    [Fact]
    public async Task A_page_change_that_could_not_be_told_is_told_again()
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("503");
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (refused, told) = (0, new TaskCompletionSource<string>());
        await widget.Page.RouteAsync("**/chat/session/page", async route =>
        {
            if (refused++ == 0)
            {
                await route.FulfillAsync(new() { Status = 503, ContentType = "application/json", Body = """{ "code": "unavailable" }""", Headers = [new("Access-Control-Allow-Origin", "*")] });
                return;
            }

            told.TrySetResult(route.Request.PostData ?? "");
            await route.ContinueAsync();
        });

        await widget.Page.EvaluateAsync("history.pushState(null, '', '/orders')");

        Assert.Contains("/orders", await told.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    /// <summary>What is no answer of the service, though it says that all is well, is waited out as if there were none.</summary>
    [Theory]
    [InlineData("text/html", "<title>Back soon</title>", true)]
    [InlineData("text/html", "<title>Back soon</title>", false)]
    [InlineData("application/json", "{}", true)]
    [InlineData("application/json", "{}", false)]
    [InlineData("application/json", "null", true)]
    [InlineData("text/plain", "", true)]
    public async Task A_page_of_maintenance_with_status_200_loses_nothing_and_is_not_asked_without_end(string type, string body, bool hasConversation)
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        var before = new List<string>();
        if (hasConversation)
        {
            await widget.SaidAsync("Hello");
            var (dana, session) = await desk.AnswerAsync(widget);
            await Expect(widget.Title).ToHaveTextAsync("Dana");
            before.Add("Hello");
            await MaintainAsync();
            // The poll that still waits at the service comes back, and the next ones get the page.
            await dana.SayAsync("Good day", session);
            before.Add("Good day");
        }
        else
        {
            await MaintainAsync();
        }

        var asked = 0;
        widget.Page.Request += (_, request) => Interlocked.Add(ref asked, request.Url.Contains("/api/v1/chat/", StringComparison.Ordinal) ? 1 : 0);
        var kept = await KeptAsync();
        await widget.SayAsync("Written meanwhile");
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        Assert.InRange(asked, 2, 16);
        Assert.Equal(kept, await KeptAsync());
        await Expect(widget.Said("visitor").Last).ToHaveTextAsync("Written meanwhile");

        await widget.Page.UnrouteAllAsync();
        await widget.ShowsAsync([.. before, "Written meanwhile"]);
        await Expect(widget.Panel.Locator("li.visitor:not(.failed)", new() { HasText = "Written meanwhile" })).Not.ToContainTextAsync("Sending");
        await widget.Page.ReloadAsync();
        await widget.ShowsAsync([.. before, "Written meanwhile"]);
        string[] all = [.. before, "Written meanwhile"];
        Assert.Equal(all, await widget.HistoryAsync());

        Task MaintainAsync() => widget.Page.RouteAsync("**/api/v1/chat/**", route =>
            route.FulfillAsync(new() { ContentType = type, Body = body, Headers = [new("Access-Control-Allow-Origin", "*")] }));
        Task<string?> KeptAsync() => widget.Page.EvaluateAsync<string?>("localStorage['intotes-chat:session']");
    }

    /// <summary>The keys under which the browser keeps something that this is in.</summary>
    private static Task<string[]> KeptAsync(WidgetWindow widget, string pattern) => widget.Page.EvaluateAsync<string[]>("""
        pattern => [localStorage, sessionStorage].flatMap(area => Object.entries(area).filter(entry => RegExp(pattern).test(entry.join())).map(([key]) => key))
        """, pattern);
}
