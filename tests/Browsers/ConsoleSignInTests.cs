using Intotes.Chat.Tests.Features.Operators;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>Who is let into the console, and what becomes of the token.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class ConsoleSignInTests(Chromium chromium, PlatformNodes desk) : ConsoleStory(chromium, desk), IClassFixture<PlatformNodes>
{
    [Fact]
    public async Task The_token_leaves_the_address_at_once_and_stays_with_the_tab()
    {
        await using var dana = await SignInAsync();

        Assert.EndsWith("/operator", dana.Page.Url, StringComparison.Ordinal);
        Assert.Equal(0, await dana.Page.EvaluateAsync<int>("Object.values(localStorage).filter(v => v.includes('.')).length"));
        Assert.Empty(await dana.Browser.Context.CookiesAsync());
        await dana.Page.ReloadAsync();
        await Expect(dana.Line).ToContainTextAsync("Connected");

        var other = await dana.Browser.NewPageAsync();
        await other.GotoAsync(new Uri(Desk.Address(0), "/operator").ToString());
        await Expect(other.GetByLabel("Token")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task No_call_can_be_taken_before_it_is_known_who_takes_it()
    {
        var ann = await CallerAsync("Ann", "Hello");
        await using var browser = await Chromium.OpenAsync();
        var page = await browser.NewPageAsync();
        var take = page.Locator("#claim");
        var claims = 0;
        page.Request += (_, request) => claims += request.Url.EndsWith("/claim", StringComparison.Ordinal) ? 1 : 0;
        await page.GotoAsync(new Uri(Desk.Address(0), "/operator").ToString());
        await Expect(page.GetByLabel("Token")).ToBeVisibleAsync();
        await Expect(take).ToBeDisabledAsync();
        var (asked, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        await page.RouteAsync("**/operator/presence", async route =>
        {
            asked.TrySetResult();
            await release.Task;
            await route.ContinueAsync();
        });

        await page.GotoAsync("about:blank");
        await page.GotoAsync(new Uri(Desk.Address(0), $"/operator#token={Jwt.Issue("dana", "Dana", "operator")}").ToString());
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        await Expect(take).ToBeDisabledAsync();
        await page.Keyboard.PressAsync("Alt+n");
        release.SetResult();
        await Expect(page.Locator("#connection")).ToContainTextAsync("Connected");
        Assert.Equal(0, claims);

        await take.ClickAsync();
        await EventuallyAsync("the call is taken", async () => await StatusAsync(ann) == "active");
        await Expect(take).ToBeEnabledAsync();
    }

    [Fact]
    public async Task A_token_is_taken_from_a_field_too_and_one_that_will_not_do_is_refused_with_the_reason()
    {
        await using var browser = await Chromium.OpenAsync();
        browser.Expecting("status of 401").Expecting("status of 403");
        var page = await browser.NewPageAsync();
        await page.GotoAsync(new Uri(Desk.Address(0), "/operator").ToString());
        var (field, alert) = (page.GetByLabel("Token"), page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Alert));

        await TryAsync("nonsense", "This is not a token");
        await TryAsync(Jwt.Issue("dana", "Dana", "operator", key: new string('k', 32)), "The service does not accept this token");
        await TryAsync(Jwt.Issue("dana", "Dana", "operator", expiresIn: TimeSpan.FromMinutes(-10)), "may have expired");
        await TryAsync(Jwt.Issue("alice", "Alice"), "a customer's");
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("Escape");
        await Expect(field).ToBeVisibleAsync();

        await field.FillAsync(Jwt.Issue("dana", "Dana", "operator"));
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#connection")).ToContainTextAsync("Connected");

        async Task TryAsync(string token, string reason)
        {
            await field.FillAsync(token);
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
            await Expect(alert).ToContainTextAsync(reason);
        }
    }

    [Fact]
    public async Task A_token_that_ends_is_asked_for_again_and_nothing_that_was_typed_is_lost()
    {
        var ann = await CallerAsync("Ann", "Hello");
        await using var dana = await SignInAsync();
        dana.Browser.Expecting("status of 401");
        await dana.TakeNextAsync();
        await dana.SeesAsync("Hello");
        await dana.Composer.FillAsync("A long answer, half wri");
        await dana.Page.EvaluateAsync("token => sessionStorage.setItem('intotes.operator.token', token)", Jwt.Issue(dana.Id, "Dana", "operator", expiresIn: TimeSpan.FromMinutes(-10)));

        await ann.SayAsync("Still there?");
        await Expect(dana.Page.GetByText("Your sign-in has ended.")).ToBeVisibleAsync();
        await dana.Page.GetByLabel("Token").FillAsync(Jwt.Issue(dana.Id, "Dana", "operator"));
        await dana.ClickAsync("Sign in");

        await dana.SeesAsync("Hello", "Still there?");
        await Expect(dana.Composer).ToHaveValueAsync("A long answer, half wri");
        await dana.Composer.PressAsync("Enter");
        await SeesAsync(ann, "Hello", "Still there?", "A long answer, half wri");
    }

    [Fact]
    public async Task An_operator_that_signs_in_after_another_at_one_tab_finds_nothing_of_the_former()
    {
        await CallerAsync("Ann", "Secret of Ann");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();
        await dana.SeesAsync("Secret of Ann");
        await EventuallyAsync("it is marked as seen", async () => await dana.Page.EvaluateAsync<bool>("id => `intotes.operator.seen.${id}` in localStorage", dana.Id));

        await dana.Page.GotoAsync(new Uri(Desk.Address(0), $"/operator#token={Jwt.Issue(ChatClient.NewId("operator"), "Eve", "operator")}").ToString());

        await Expect(dana.Page.Locator("#presence")).ToContainTextAsync("Eve");
        await Expect(dana.Page.GetByText("Secret of Ann")).ToHaveCountAsync(0);
        Assert.False(await dana.Page.EvaluateAsync<bool>("id => `intotes.operator.seen.${id}` in localStorage", dana.Id));
    }

    [Fact]
    public async Task Presence_capacity_and_departments_are_told_to_the_service()
    {
        await using var dana = await SignInAsync();

        await dana.Page.Locator("#presence").ClickAsync();
        await dana.Dialog.GetByLabel("I am").SelectOptionAsync("away");
        await dana.Dialog.GetByLabel("Conversations at once").FillAsync("2");
        await dana.Dialog.GetByLabel("support").UncheckAsync();
        await dana.ConfirmAsync("Save");
        await Expect(dana.Page.Locator("#presence")).ToHaveTextAsync("Dana · Away");

        var entry = Assert.Single((await Desk.Operator(dana.Id).GetAsync("operator/operators"))["operators"]!.AsArray());
        Assert.Equal((false, 2, "billing"), ((bool)entry!["online"]!, (int)entry["capacity"]!, (string?)Assert.Single(entry["departments"]!.AsArray())));
    }
}
