using Intotes.Chat.Tests.Features.Operators;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>An operator that signs out has left this browser, in all its tabs and in the middle of anything.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class ConsoleSignOutTests(Chromium chromium, PlatformNodes desk) : ConsoleStory(chromium, desk), IClassFixture<PlatformNodes>
{
    [Fact]
    public async Task Signing_out_forgets_the_token_and_all_that_was_shown()
    {
        await CallerAsync("Ann", "Secret of Ann");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();
        await dana.SeesAsync("Secret of Ann");

        await dana.ClickAsync("Menu");
        await dana.ClickAsync("Sign out");

        await Expect(dana.Page.GetByText("You have signed out.")).ToBeVisibleAsync();
        await Expect(dana.Page.GetByText("Secret of Ann")).ToHaveCountAsync(0);
        Assert.Null(await dana.Page.EvaluateAsync<string?>("sessionStorage.getItem('intotes.operator.token')"));
    }

    [Fact]
    public async Task Signing_out_in_one_tab_ends_the_operators_others_in_this_browser_too()
    {
        await CallerAsync("Ann", "Secret of Ann");
        await using var dana = await SignInAsync();
        var (second, eves) = (await TabAsync(dana.Browser, dana.Id, "Dana"), await TabAsync(dana.Browser, ChatClient.NewId("operator"), "Eve"));
        await dana.TakeNextAsync();
        await dana.SeesAsync("Secret of Ann");
        await Expect(second.Locator("#mine .line")).ToHaveTextAsync("Secret of Ann");

        await dana.ClickAsync("Menu");
        await dana.ClickAsync("Sign out");

        foreach (var tab in (IPage[])[dana.Page, second])
        {
            await Expect(tab.GetByText("You have signed out.")).ToBeVisibleAsync();
            await Expect(tab.GetByText("Secret of Ann")).ToHaveCountAsync(0);
            Assert.Equal(0, await tab.EvaluateAsync<int>("sessionStorage.length"));
            Assert.Equal(0, await tab.EvaluateAsync<int>("Object.keys(localStorage).filter(key => key.includes('seen')).length"));
        }

        await eves.ReloadAsync();
        await Expect(eves.Locator("#presence")).ToContainTextAsync("Eve");
    }

    [Fact]
    public async Task A_tab_that_was_not_there_when_the_operator_signed_out_finds_out_when_it_comes_back()
    {
        await using var dana = await SignInAsync();
        var second = await TabAsync(dana.Browser, dana.Id, "Dana");
        var console = second.Url;
        await second.GotoAsync("about:blank");

        await dana.ClickAsync("Menu");
        await dana.ClickAsync("Sign out");
        await Expect(dana.Page.GetByText("You have signed out.")).ToBeVisibleAsync();
        await second.GotoAsync(console);

        await Expect(second.GetByText("You have signed out.")).ToBeVisibleAsync();
        await second.GotoAsync($"{console}#token={Jwt.Issue(dana.Id, "Dana", "operator")}");
        await Expect(second.Locator("#presence")).ToContainTextAsync("Dana");
    }

    [Fact]
    public async Task A_tab_that_is_just_signing_in_by_a_link_leaves_with_the_others()
    {
        await using var dana = await SignInAsync();
        var second = await dana.Browser.NewPageAsync();
        var presence = new Hold();
        await second.RouteAsync("**/operator/presence", presence.UntilReleasedAsync);
        await second.GotoAsync(new Uri(Desk.Address(0), $"/operator#token={Jwt.Issue(dana.Id, "Dana", "operator")}").ToString());
        await presence.Reached.WaitAsync(TimeSpan.FromSeconds(30), Ct);

        await dana.ClickAsync("Menu");
        await dana.ClickAsync("Sign out");
        await Expect(dana.Page.GetByText("You have signed out.")).ToBeVisibleAsync();
        presence.Release();

        await Expect(second.GetByText("You have signed out.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task An_answer_that_comes_when_the_operator_has_signed_out_signs_nobody_in_again()
    {
        await using var dana = await SignInAsync();
        var second = await TabAsync(dana.Browser, dana.Id, "Dana");
        var (presence, page) = (new Hold(), new Hold());
        await second.RouteAsync("**/operator/presence", presence.UntilReleasedAsync);
        await second.ReloadAsync();
        await presence.Reached.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        await second.RouteAsync(url => url.EndsWith("?signed-out", StringComparison.Ordinal), page.UntilReleasedAsync);

        await dana.ClickAsync("Menu");
        await dana.ClickAsync("Sign out");
        await page.Reached.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        var answered = second.WaitForRequestFinishedAsync(new() { Predicate = request => request.Url.EndsWith("/presence", StringComparison.Ordinal) });
        presence.Release();
        await answered.ContinueWith(_ => page.Release(), TaskScheduler.Default);
        await answered;

        await Expect(second.GetByText("You have signed out.")).ToBeVisibleAsync();
        Assert.Equal(0, await second.EvaluateAsync<int>("sessionStorage.length"));
    }

    [Fact]
    public async Task Signing_out_asks_nothing_while_a_message_is_on_its_way()
    {
        await CallerAsync("Ann", "Hello");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();
        var message = new Hold();
        await dana.Page.RouteAsync("**/chat/message", message.UntilReleasedAsync);
        await dana.SayAsync("Good day");
        await message.Reached.WaitAsync(TimeSpan.FromSeconds(30), Ct);

        await dana.ClickAsync("Menu");
        await dana.ClickAsync("Sign out");

        await Expect(dana.Page.GetByText("You have signed out.")).ToBeVisibleAsync();
    }

    private async Task<IPage> TabAsync(WatchedContext browser, string id, string name)
    {
        var page = await browser.NewPageAsync();
        await page.GotoAsync(new Uri(Desk.Address(0), $"/operator#token={Jwt.Issue(id, name, "operator")}").ToString());
        await Expect(page.Locator("#presence")).ToContainTextAsync(name);
        return page;
    }
}
