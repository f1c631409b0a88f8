using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>Who talks: visitors who sign in, out, and anew; and what the widget keeps of them.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetIdentityTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    [Fact]
    public async Task Before_it_is_opened_nothing_is_loaded_but_the_launcher_and_nothing_is_kept()
    {
        await using var visitor = await chromium.OpenAsync();
        var requests = new List<string>();
        visitor.Context.Request += (_, request) => requests.Add(new Uri(request.Url).AbsolutePath);
        var widget = await desk.VisitAsync(visitor);
        await Expect(widget.Launcher).ToBeVisibleAsync();
        await widget.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);

        Assert.Equal(["/", "/widget.js"], requests);
        Assert.Equal(0, await widget.Page.EvaluateAsync<int>("localStorage.length + sessionStorage.length"));

        await widget.OpenAsync();
        await Expect(widget.Panel).ToContainTextAsync("How can we help?");
        Assert.Equal(0, await widget.Page.EvaluateAsync<int>("localStorage.length"));
        Assert.DoesNotContain("/api/v1/chat/session", requests);
    }

    [Fact]
    public async Task Signing_in_in_the_middle_takes_the_conversation_along_and_signing_out_leaves_nothing()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(widget);
        await dana.SayAsync("Good day", session);
        await widget.ShowsAsync("Hello", "Good day");

        var (user, name) = (ChatClient.NewId("user"), "Alice Moreau");
        await widget.IdentifyAsync(Jwt.Issue(user, name));
        await Expect(widget.Rows.Last).ToContainTextAsync("You have signed in.");
        await widget.SaidAsync("It is me");
        await dana.SayAsync("Welcome", session);

        await widget.ShowsAsync("Hello", "Good day", "It is me", "Welcome");
        Assert.Equal("account", (string?)(await dana.GetAsync($"operator/sessions/{session}"))["session"]!["visitor"]!["kind"]);
        Assert.False(await widget.Page.EvaluateAsync<bool>("'intotes-chat:session' in localStorage"));

        await widget.Page.ReloadAsync();
        await Expect(widget.Panel).ToHaveCountAsync(0);
        await widget.IdentifyAsync(Jwt.Issue(user, name));
        await widget.ShowsAsync("Hello", "Good day", "It is me", "Welcome");

        await widget.IdentifyAsync(null);
        await Expect(widget.Panel).ToHaveCountAsync(0);
        await widget.OpenAsync();
        await Expect(widget.Panel.GetByText("How can we help?")).ToBeVisibleAsync();
        await widget.ShowsAsync();
        Assert.Equal(0, await widget.Page.EvaluateAsync<int>("Object.keys(localStorage).filter(key => /account|session/.test(key)).length"));
    }

    [Fact]
    public async Task Another_customer_at_the_same_page_sees_its_own_conversation_only()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        var (alice, bao) = (Jwt.Issue(ChatClient.NewId("user"), "Alice"), Jwt.Issue(ChatClient.NewId("user"), "Bao"));
        foreach (var (token, text) in new[] { (alice, "I am Alice"), (bao, "I am Bao") })
        {
            await widget.IdentifyAsync(token);
            await widget.OpenAsync();
            await widget.SaidAsync(text);
            await widget.ShowsAsync(text);
        }

        await widget.IdentifyAsync(alice);
        await widget.OpenAsync();
        await widget.ShowsAsync("I am Alice");
    }

    [Fact]
    public async Task A_token_that_ran_out_is_told_to_the_page_and_a_new_one_goes_on()
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("401");
        var widget = await desk.VisitAsync(visitor);
        var user = ChatClient.NewId("user");
        await widget.IdentifyAsync(Jwt.Issue(user, "Alice"));
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        await widget.CallAsync<object?>("void (window.told = [], chat.on('token-expired', () => told.push('expired')), chat.on('message', it => told.push(it.text)))");

        await widget.IdentifyAsync(Jwt.Issue(user, "Alice", expiresIn: TimeSpan.FromMinutes(-10)));
        await Expect(widget.Banner).ToContainTextAsync("You have been signed out.");
        await widget.SayAsync("Still there?");
        await Expect(widget.Panel.Locator("li.visitor").Last).ToContainTextAsync("Still there?");
        await widget.IdentifyAsync(Jwt.Issue(user, "Alice"));

        await Expect(widget.Banner).Not.ToContainTextAsync("signed out");
        await widget.ShowsAsync("Hello", "Still there?");
        await Expect(widget.Panel).Not.ToContainTextAsync("Sending");
        // The answer shows the message; the poll that tells the page of it comes after.
        var told = await widget.Page.EvaluateAsync<string[]>("window.told");
        for (var i = 0; i < 500 && !told.Any(it => it == "Still there?"); i++)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
            told = await widget.Page.EvaluateAsync<string[]>("window.told");
        }

        Assert.Contains("expired", told);
        Assert.Contains("Still there?", told);
    }

    [Fact]
    public async Task Without_cookies_of_third_parties_everything_works_because_none_is_used()
    {
        await using var visitor = await chromium.OpenAsync();
        var requests = new List<IRequest>();
        visitor.Context.RequestFinished += (_, request) => requests.Add(request);
        await visitor.Context.AddCookiesAsync([new() { Name = "chat_session", Value = "somebody-elses", Url = desk.Nodes.Addresses[0].ToString() }]);
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        await widget.Page.ReloadAsync();
        await widget.ShowsAsync("Hello");

        Assert.Equal("somebody-elses", Assert.Single(await visitor.Context.CookiesAsync()).Value);
        foreach (var request in requests.Where(request => request.Url.Contains("/api/", StringComparison.Ordinal)).ToArray())
        {
            Assert.DoesNotContain("cookie", (await request.AllHeadersAsync()).Keys);
        }
    }

    [Fact]
    public async Task Who_is_blocked_reads_why_nothing_is_sent()
    {
        await using var visitor = (await chromium.OpenAsync()).Expecting("403");
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(widget);
        (await dana.PostAsync($"operator/sessions/{session}/block", new { minutes = 5 })).Expect(System.Net.HttpStatusCode.NoContent);

        await widget.SayAsync("Rude");

        await Expect(widget.Panel.Locator(".failed")).ToContainTextAsync("You cannot write here at the moment.");
    }

    [Fact]
    public async Task How_long_it_takes_from_the_click_until_one_can_write()
    {
        var took = new List<double>();
        for (var i = 0; i < 10; i++)
        {
            await using var visitor = await chromium.OpenAsync();
            var widget = await desk.VisitAsync(visitor);
            await Expect(widget.Launcher).ToBeVisibleAsync();
            took.Add(await widget.CallAsync<double>("(async () => { const from = performance.now(); await chat.open(); return performance.now() - from; })()"));
            await Expect(widget.Field).ToBeFocusedAsync();
        }

        TestContext.Current.SendDiagnosticMessage("The widget was ready {0} ms after the click.", string.Join(", ", took.Select(ms => $"{ms:F0}")));
        TestContext.Current.TestOutputHelper?.WriteLine($"Ready after {string.Join(", ", took.Select(ms => $"{ms:F0}"))} ms.");
        Assert.All(took, ms => Assert.True(ms > 0));
    }
}
