using System.Text.Json;
using Intotes.Chat.Tests.Features.Operators;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>What calls an operator that looks elsewhere: notification, sound, title; and what does not, because it is being looked at, here or in another tab.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class ConsoleAttentionTests(Chromium chromium, PlatformNodes desk) : ConsoleStory(chromium, desk), IClassFixture<PlatformNodes>
{
    /// <summary>Records notifications, where the browser's own permission lets there be any, and tones; and lets a test say whether the page has the focus, which headless ones always have.</summary>
    private const string Recorder = """
        Object.assign(window, { notes: [], tones: [], isLookedAt: true });
        const { Notification: Real } = window;
        window.Notification = class {
          static get permission() { return Real.permission; }
          constructor(title, options) { notes.push({ title, ...options, shown: this }); }
          close() {}
        };
        const { start } = AudioScheduledSourceNode.prototype;
        AudioScheduledSourceNode.prototype.start = function (...when) { tones.push(this.frequency.value); return start.apply(this, when); };
        document.hasFocus = () => isLookedAt;
        """;

    private const string Titles = "notes.map(note => note.title)";

    [Fact]
    public async Task A_call_and_a_message_are_told_to_who_looks_elsewhere_and_a_click_opens_the_conversation()
    {
        await using var dana = await SignInAsync(await OpenAsync(), ChatClient.NewId("operator"));
        await TurnSoundOnAsync(dana.Page);
        Assert.Equal(2, await TonesAsync(dana.Page));
        await LookAsync(dana.Page, false);

        var ann = await CallerAsync("Ann", "Hello");
        await UntilAsync(dana.Page, "notes.length === 1 && tones.length === 4");
        Assert.Equal(["One call waits"], await dana.Page.EvaluateAsync<string[]>(Titles));
        await dana.TakeNextAsync();
        await dana.SeesAsync("Hello");
        await CallerAsync("Ben", "Good day");
        await UntilAsync(dana.Page, "notes.filter(note => note.tag === 'queue').length === 2");
        await LookAsync(dana.Page, true);
        await UntilAsync(dana.Page, "Object.keys(localStorage).some(key => key.includes('seen'))");
        await dana.TakeNextAsync();
        await dana.SeesAsync("Good day");
        await QuietAsync(dana.Page);
        await LookAsync(dana.Page, false);
        await dana.Page.EvaluateAsync("notes.length = tones.length = 0");

        await ann.SayAsync("My secret");
        await UntilAsync(dana.Page, "notes.length === 1 && tones.length === 2");
        var note = await dana.Page.EvaluateAsync<string>("JSON.stringify(notes[0])");
        Assert.Contains("New message from Ann", note, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", note, StringComparison.Ordinal);
        await dana.Page.EvaluateAsync("notes[0].shown.onclick()");
        await dana.SeesAsync("Hello", "My secret");

        await Expect(dana.Page).ToHaveTitleAsync("(1) Operator console");
        await LookAsync(dana.Page, true);
        await Expect(dana.Page).ToHaveTitleAsync("Operator console");
        await ann.SayAsync("Before your eyes");
        await dana.SeesAsync("Hello", "My secret", "Before your eyes");
        await QuietAsync(dana.Page);
        Assert.Equal((1, 2), (await dana.Page.EvaluateAsync<int>("notes.length"), await TonesAsync(dana.Page)));
    }

    [Fact]
    public async Task Without_permission_and_with_the_sound_off_the_title_alone_tells()
    {
        await using var dana = await SignInAsync(await OpenAsync(mayNotify: false), ChatClient.NewId("operator"));
        await LookAsync(dana.Page, false);

        await CallerAsync("Ann", "Hello");
        await Expect(dana.Page).ToHaveTitleAsync("1 waiting · Operator console");
        await QuietAsync(dana.Page);

        Assert.Equal((0, 0), (await dana.Page.EvaluateAsync<int>("notes.length"), await TonesAsync(dana.Page)));
    }

    [Fact]
    public async Task What_one_tab_has_shown_is_not_unread_in_another_nor_in_one_that_is_opened_later()
    {
        var id = ChatClient.NewId("operator");
        await using var dana = await SignInAsync(await OpenAsync(), id);
        var other = await TabAsync(dana.Browser, id);
        await LookAsync(other, false);
        var ann = await CallerAsync("Ann", "Hello");
        await dana.TakeNextAsync();
        await dana.SeesAsync("Hello");
        await ann.SayAsync("Are you there?");
        await dana.SeesAsync("Hello", "Are you there?");
        await Expect(other.Locator("#mine .line")).ToHaveTextAsync("Are you there?");
        await Expect(other).ToHaveTitleAsync("Operator console");
        await Expect(other.Locator("#mine .unread")).ToBeEmptyAsync();

        await LookAsync(dana.Page, false);
        await ann.SayAsync("Hm");
        await Expect(dana.Page).ToHaveTitleAsync("(1) Operator console");
        await Expect(other).ToHaveTitleAsync("(1) Operator console");
        await LookAsync(dana.Page, true);
        await Expect(other).ToHaveTitleAsync("Operator console");

        var later = await TabAsync(dana.Browser, id);
        await Expect(later.Locator("#mine .line")).ToHaveTextAsync("Hm");
        await Expect(later).ToHaveTitleAsync("Operator console");

        await dana.ClickAsync("Menu");
        await dana.ClickAsync("Sign out");
        await Expect(dana.Page.GetByText("You have signed out.")).ToBeVisibleAsync();
        Assert.Equal(0, await dana.Page.EvaluateAsync<int>("Object.keys(localStorage).filter(key => key.includes('seen')).length"));
    }

    [Fact]
    public async Task Of_two_tabs_that_nobody_looks_at_one_sounds_and_when_it_is_closed_the_other()
    {
        var id = ChatClient.NewId("operator");
        await using var dana = await SignInAsync(await OpenAsync(), id);
        await TurnSoundOnAsync(dana.Page);
        IPage[] tabs = [dana.Page, await TabAsync(dana.Browser, id)];
        // A browser lets no page sound that was never touched.
        await tabs[1].Locator("#connection").ClickAsync();
        foreach (var tab in tabs)
        {
            await tab.EvaluateAsync("tones.length = 0");
            await LookAsync(tab, false);
        }

        await CallerAsync("Ann");
        await HeardAsync(1);
        await CallerAsync("Ben");
        await HeardAsync(2);

        var first = await TonesAsync(tabs[0]) > 0 ? 0 : 1;
        await tabs[first].CloseAsync();
        tabs = [tabs[1 - first]];
        Assert.Equal(0, await TonesAsync(tabs[0]));
        await tabs[0].EvaluateAsync("(async () => { while ((await navigator.locks.query()).held.length > 0) await new Promise(done => setTimeout(done, 20)); })()").WaitAsync(TimeSpan.FromSeconds(30), Ct);
        await CallerAsync("Cem");
        await Expect(tabs[0]).ToHaveTitleAsync("3 waiting · Operator console");
        await UntilAsync(tabs[0], "tones.length === 2");

        // Each sound is two tones.
        async Task HeardAsync(int calls)
        {
            foreach (var tab in tabs)
            {
                await Expect(tab).ToHaveTitleAsync($"{calls} waiting · Operator console");
            }

            await EventuallyAsync($"{calls} sounds", async () => await TonesInAllAsync() >= 2 * calls);
            foreach (var tab in tabs)
            {
                await QuietAsync(tab);
            }

            Assert.Equal(2 * calls, await TonesInAllAsync());
        }

        async Task<int> TonesInAllAsync() => (await Task.WhenAll(tabs.Select(TonesAsync))).Sum();
    }

    [Fact]
    public async Task A_mark_of_what_was_seen_only_rises_and_one_that_is_lost_is_made_again()
    {
        var id = ChatClient.NewId("operator");
        await using var dana = await SignInAsync(await OpenAsync(), id);
        var other = await TabAsync(dana.Browser, id);
        var (ann, ben) = (await CallerAsync("Ann", "I am Ann"), await CallerAsync("Ben", "I am Ben"));
        await dana.TakeNextAsync();
        await dana.SeesAsync("I am Ann");
        await EventuallyAsync("Ann's is marked", async () => (await MarksAsync()).Count == 1);
        var annsId = (await MarksAsync()).Keys.Single();
        await dana.TakeNextAsync();
        await dana.SeesAsync("I am Ben");
        await EventuallyAsync("Ben's is marked", async () => (await MarksAsync()).Count == 2);
        await Expect(other.Locator("#mine .row")).ToHaveCountAsync(2);
        await LookAsync(other, false);

        // Another tab has shown more by now, and this one has yet to hear of it: a page hears of no change of its own.
        await dana.ChooseAsync("Ann");
        await dana.SeesAsync("I am Ann");
        await dana.Page.EvaluateAsync("([key, id]) => localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key)), [id]: '9999999999999-0' }))", new[] { Marks(id), annsId });
        await ann.SayAsync("Still here?");
        await dana.SeesAsync("I am Ann", "Still here?");
        var before = await MarksAsync();
        await dana.ChooseAsync("Ben");
        await ben.SayAsync("Me too");
        await dana.SeesAsync("I am Ben", "Me too");
        await EventuallyAsync("Ben's has risen", async () => (await MarksAsync()).Any(mark => mark.Key != annsId && mark.Value != before[mark.Key]));
        Assert.Equal("9999999999999-0", (await MarksAsync())[annsId]);

        // Another tab has written what it knows at the same time.
        await other.EvaluateAsync("key => localStorage.setItem(key, '{}')", Marks(id));
        await EventuallyAsync("both are marked again", async () => (await MarksAsync()).Count == 2);

        async Task<Dictionary<string, string>> MarksAsync() =>
            JsonSerializer.Deserialize<Dictionary<string, string>>(await dana.Page.EvaluateAsync<string>("key => localStorage.getItem(key) ?? '{}'", Marks(id)))!;
    }

    private static string Marks(string id) => $"intotes.operator.seen.{id}";

    private async Task<WatchedContext> OpenAsync(bool mayNotify = true)
    {
        var browser = await Chromium.OpenWholeAsync();
        await browser.Context.AddInitScriptAsync(Recorder);
        if (mayNotify)
        {
            await browser.Context.GrantPermissionsAsync(["notifications"]);
        }

        return browser;
    }

    private async Task<ConsoleOperator> SignInAsync(WatchedContext browser, string id) => new(browser, await TabAsync(browser, id), id);

    private async Task<IPage> TabAsync(WatchedContext browser, string id)
    {
        var page = await browser.NewPageAsync();
        await page.GotoAsync(new Uri(Desk.Address(0), $"/operator#token={Jwt.Issue(id, "Dana", "operator")}").ToString());
        await Expect(page.Locator("#connection")).ToContainTextAsync("Connected");
        return page;
    }

    private static async Task TurnSoundOnAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Menu" }).ClickAsync();
        await page.GetByLabel("Sound").CheckAsync();
        await page.Keyboard.PressAsync("Escape");
    }

    private static Task<int> TonesAsync(IPage page) => page.EvaluateAsync<int>("tones.length");

    private static async Task LookAsync(IPage page, bool isLookedAt) =>
        await page.EvaluateAsync("is => { isLookedAt = is; dispatchEvent(new Event(is ? 'focus' : 'blur')); }", isLookedAt);

    /// <summary>Waits for what the page's own scripts bring about; not by WaitForFunction, which the console's Content-Security-Policy forbids.</summary>
    private static async Task UntilAsync(IPage page, string condition) =>
        await page.EvaluateAsync($"new Promise((done, fail) => (setInterval(() => {condition} && done(), 20), setTimeout(() => fail(new Error(`${{notes.length}} ${{tones.length}}`)), 30000)))");

    /// <summary>Whatever was to sound or show by now has: timers of a page come in their order, and this is the last.</summary>
    private static async Task QuietAsync(IPage page) => await page.EvaluateAsync("new Promise(done => setTimeout(done, 1000))");
}
