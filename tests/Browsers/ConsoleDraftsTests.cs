using Intotes.Chat.Tests.Features.Operators;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>What an operator writes before it is sent: kept for this operator only, and brought to what the contract takes.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class ConsoleDraftsTests(Chromium chromium, PlatformNodes desk) : ConsoleStory(chromium, desk), IClassFixture<PlatformNodes>
{
    private const string StoredText = "() => JSON.stringify({ ...sessionStorage }) + JSON.stringify({ ...localStorage })";

    [Fact]
    public async Task Drafts_outlast_a_reload_and_end_with_the_sign_out()
    {
        await CallerAsync("Ann", "I am Ann");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();
        await dana.SeesAsync("I am Ann");
        await dana.Composer.FillAsync("Half an answer");
        await dana.ClickAsync("Internal note");
        await dana.Page.Locator("#composer").FillAsync("Half a note");

        await dana.Page.ReloadAsync();
        await dana.ChooseAsync("Ann");
        await Expect(dana.Page.Locator("#composer")).ToHaveValueAsync("Half a note");
        await dana.ClickAsync("Reply");
        await Expect(dana.Composer).ToHaveValueAsync("Half an answer");

        await dana.SayAsync("The answer");
        await dana.SeesAsync("I am Ann", "The answer");
        Assert.DoesNotContain("answer", await dana.Page.EvaluateAsync<string>(StoredText), StringComparison.Ordinal);
        Assert.Contains("Half a note", await dana.Page.EvaluateAsync<string>(StoredText), StringComparison.Ordinal);
        await dana.ClickAsync("Menu");
        await dana.ClickAsync("Sign out");
        await Expect(dana.Page.GetByText("You have signed out.")).ToBeVisibleAsync();
        Assert.DoesNotContain("Half", await dana.Page.EvaluateAsync<string>(StoredText), StringComparison.Ordinal);
    }

    /// <summary>As where a browser's settings block all cookies, or there is no room left.</summary>
    [Theory]
    [InlineData("for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } })")]
    [InlineData("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }")]
    public async Task Where_the_browser_keeps_nothing_the_console_works_and_leaves_nothing(string script)
    {
        await CallerAsync("Ann", "I am Ann");
        await using var dana = await SignInAsync(prepare: page => page.AddInitScriptAsync(script));
        await dana.TakeNextAsync();
        await dana.SeesAsync("I am Ann");
        await dana.Composer.FillAsync("Half an answer");
        await dana.ClickAsync("Internal note");
        await dana.ClickAsync("Reply");
        await Expect(dana.Composer).ToHaveValueAsync("Half an answer");
        await dana.SayAsync("The answer");
        await dana.SeesAsync("I am Ann", "The answer");

        await dana.ClickAsync("Menu");
        await dana.ClickAsync("Sign out");

        await Expect(dana.Page.GetByText("You have signed out.")).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("about:blank")]
    public async Task Another_operator_in_the_same_tab_finds_no_draft(string between)
    {
        await CallerAsync("Ann", "I am Ann");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();
        await dana.SeesAsync("I am Ann");
        await dana.Composer.FillAsync("Half an answer");

        if (between.Length > 0)
        {
            await dana.Page.GotoAsync(between);
        }

        await dana.Page.GotoAsync(new Uri(Desk.Address(0), $"/operator#token={Jwt.Issue(ChatClient.NewId("operator"), "Eve", "operator")}").ToString());

        await Expect(dana.Page.Locator("#presence")).ToContainTextAsync("Eve");
        Assert.DoesNotContain("Half", await dana.Page.EvaluateAsync<string>(StoredText), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pasted_control_characters_become_newlines_or_nothing()
    {
        var ann = await CallerAsync("Ann", "I am Ann");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();
        await dana.SeesAsync("I am Ann");
        await dana.Composer.EvaluateAsync("field => field.value = '\\u0085 a\\vb\\fc\\u0085d\\u0007\\u009b\\ud800e\\tf\\u001f '");
        await dana.Composer.PressAsync("Enter");
        await SeesAsync(ann, "I am Ann", "a\nb\nc\nde\tf");

        await dana.ClickAsync("Internal note");
        var note = dana.Page.Locator("#composer");
        await note.EvaluateAsync("field => field.value = 'one\\vtwo'");
        await note.PressAsync("Enter");
        await Expect(dana.Page.Locator("#talk .note .text")).ToHaveTextAsync("one\ntwo");
        await dana.ClickAsync("Hand over");
        await dana.Dialog.GetByLabel("To").SelectOptionAsync("d:billing");
        await dana.Dialog.GetByLabel("Note").EvaluateAsync("field => field.value = 'three\\vfour'");
        await dana.ConfirmAsync("Hand over");
        await Expect(dana.Toasts).ToContainTextAsync("was handed over");
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_kept_and_said_to_be_too_long_by_how_much()
    {
        var ann = await CallerAsync("Ann", "I am Ann");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();
        await dana.SeesAsync("I am Ann");
        var emoji = "🌻";
        var longest = string.Concat(Enumerable.Repeat(emoji, 4000));

        await dana.SayAsync(longest + string.Concat(Enumerable.Repeat(emoji, 1001)) + "  ");
        await Expect(dana.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "Too long by 1,001 characters: 5,001 of at most 4,000. Nothing was sent." })).ToBeVisibleAsync();
        Assert.Equal(10004, (await dana.Composer.InputValueAsync()).Length);
        await dana.SayAsync(longest + "  ");
        await SeesAsync(ann, "I am Ann", longest);

        await dana.ClickAsync("Close");
        await dana.Dialog.GetByLabel("Reason").FillAsync(new string('r', 501));
        await dana.ConfirmAsync("Close the conversation");
        Assert.Equal("Too long by 1 character: 501 of at most 500.", await dana.Dialog.GetByLabel("Reason").EvaluateAsync<string>("field => field.validationMessage"));
        Assert.Equal("active", await StatusAsync(ann));
    }
}
