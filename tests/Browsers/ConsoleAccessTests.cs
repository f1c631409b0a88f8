using System.Net;
using Deque.AxeCore.Playwright;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Operators;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using StackExchange.Redis;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>The console for everybody (WCAG 2.2): each state by axe in light and dark, and a conversation with the keyboard alone. Its pictures are made on the way.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class ConsoleAccessTests(Chromium chromium, PlatformNodes desk) : ConsoleStory(chromium, desk), IClassFixture<PlatformNodes>
{
    private const string Profile = """
        { "id": "alice", "name": "Alice Moreau", "country": "FR", "kycLevel": 3, "accountType": "individual", "since": "2021-03-14", "currency": "EUR", "balance": 4812.37 }
        """;

    private const string Trades = """
        [{ "id": "T-1", "symbol": "SAP.DE", "side": "buy", "quantity": 11, "price": 269.61, "currency": "EUR", "executedAt": "2026-11-20T09:41:12.000Z", "status": "filled" },
         { "id": "T-2", "symbol": "AIR.PA", "side": "sell", "quantity": 14, "price": 190.33, "currency": "EUR", "executedAt": "2026-11-18T13:02:55.000Z", "status": "filled" },
         { "id": "T-3", "symbol": "MC.PA", "side": "buy", "quantity": 3, "price": 612.4, "currency": "EUR", "executedAt": "2026-11-17T10:20:00.000Z", "status": "rejected" }]
        """;

    /// <summary>None, so that the lists show what people have written.</summary>
    protected override string? Reason => null;

    [Fact]
    public async Task Axe_finds_nothing_in_any_state_light_or_dark()
    {
        Platform.Answers = http => http.Response.WriteAsync(http.Request.Path.Value!.EndsWith("/profile", StringComparison.Ordinal) ? Profile : Trades);
        await using (var stranger = await Chromium.OpenAsync())
        {
            var door = await stranger.NewPageAsync();
            await door.GotoAsync(new Uri(Desk.Address(0), "/operator").ToString());
            await Expect(door.GetByLabel("Token")).ToBeVisibleAsync();
            await InOrderAsync(door, "sign-in");
        }

        var eve = Desk.Operator(name: "Eve");
        await eve.PostAsync("operator/canned-replies", new { shortcut = "hello", text = "Hello {{visitor.name}}, this is {{operator.name}}." });
        await eve.PostAsync("operator/canned-replies", new { shortcut = "bank", text = "Your bank may take up to two days." });
        await using var dana = await SignInAsync(options: new() { ViewportSize = new() { Width = 1360, Height = 800 } });
        await InOrderAsync(dana.Page, "empty desk");
        var alice = await CustomerAsync(Desk.Account("alice", "Alice Moreau"), "Hello, my withdrawal of 1,200 EUR has been pending since Monday.", "Can you look? https://trading.example/withdrawals/8812");
        var mariam = await CallerAsync("مريم", "مرحبا، كم هي رسوم السحب؟");
        await dana.TakeNextAsync();
        await dana.SayAsync("Good afternoon Alice, I am looking into it.");
        await dana.NoteAsync("Payments say that the bank sent it back: a typo in the IBAN.");
        await dana.SayAsync("I see it: the bank sent it back because of a typo in the IBAN.\nShall I send you the form to correct it?");
        await EventuallyAsync("Alice has both answers", async () => (await SeenByAsync(alice)).Count == 4);
        await alice.PostAsync("chat/read", new { upTo = (string)(await alice.PollAsync())["cursor"]! });
        await alice.SayAsync("Oh! Yes, please.");
        await dana.TakeNextAsync();
        await dana.SeesAsync("مرحبا، كم هي رسوم السحب؟");
        await InOrderAsync(dana.Page, "arabic visitor");
        await dana.ChooseAsync("Alice Moreau");
        await mariam.SayAsync("شكرا");
        await CallerAsync("Jonas", "I cannot sign in on my phone");
        await Expect(dana.Calls).ToHaveCountAsync(1);
        await Expect(dana.Page.Locator("#talk .state")).ToHaveTextAsync(["", "", "", "Read", ""]);
        await Expect(dana.Side).ToContainTextAsync("SAP.DE");
        await InOrderAsync(dana.Page, "conversation", picture: "console");

        await dana.Composer.FillAsync("/");
        await Expect(dana.Page.GetByRole(AriaRole.Option)).ToHaveCountAsync(2);
        await InOrderAsync(dana.Page, "canned replies by slash");
        await dana.Composer.FillAsync("");
        await dana.ClickAsync("Internal note");
        await InOrderAsync(dana.Page, "writing a note");
        await dana.ClickAsync("Reply");
        foreach (var name in (string[])["Hand over", "Put back", "Block", "Close", "Closed conversations"])
        {
            await dana.ClickAsync(name);
            await Expect(dana.Dialog).ToBeVisibleAsync();
            await InOrderAsync(dana.Page, name);
            await dana.Page.Keyboard.PressAsync("Escape");
        }

        await dana.Page.Locator("#presence").ClickAsync();
        await InOrderAsync(dana.Page, "presence");
        await dana.Page.Keyboard.PressAsync("Escape");
        await dana.Calls.GetByRole(AriaRole.Button).First.ClickAsync();
        await Expect(dana.Dialog).ToContainTextAsync("I cannot sign in");
        await InOrderAsync(dana.Page, "a waiting call");
        await dana.Page.Keyboard.PressAsync("Escape");
        await dana.ClickAsync("Menu");
        await InOrderAsync(dana.Page, "menu");
        await dana.ClickAsync("Keyboard shortcuts …");
        await InOrderAsync(dana.Page, "shortcuts");
        await dana.Page.Keyboard.PressAsync("Escape");
        await dana.ClickAsync("Menu");
        await dana.ClickAsync("Canned replies …");
        await Expect(dana.Dialog).ToContainTextAsync("/hello");
        await InOrderAsync(dana.Page, "canned replies");
        await dana.ClickAsync("Add a reply");
        await InOrderAsync(dana.Page, "adding a reply");
        await dana.Page.Keyboard.PressAsync("Escape");
        await dana.Page.Keyboard.PressAsync("Escape");

        await dana.Page.SetViewportSizeAsync(400, 780);
        await InOrderAsync(dana.Page, "narrow", picture: "console-narrow");
        await dana.ClickAsync("Customer");
        await InOrderAsync(dana.Page, "narrow customer");
        await dana.ClickAsync("Conversation");
        await dana.ClickAsync("Back to the list");
        await InOrderAsync(dana.Page, "narrow list");
        await dana.Page.SetViewportSizeAsync(1360, 800);

        await using var sue = await SignInElsewhereAsync("Sue", "supervisor");
        await sue.ClickAsync("Supervisor");
        await Expect(sue.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "2 of 5" })).ToContainTextAsync("Dana");
        await BusyAsync(sue, eve);
        await sue.Page.SetViewportSizeAsync(1280, 940);
        await InOrderAsync(sue.Page, "supervisor", picture: "console-supervisor");

        dana.Browser.Expecting("Failed to load resource");
        await dana.Browser.Context.SetOfflineAsync(true);
        await dana.SayAsync("Said without a line");
        await Expect(dana.Page.GetByText("Not sent yet")).ToBeVisibleAsync();
        await Expect(dana.Line).ToContainTextAsync("Offline");
        await InOrderAsync(dana.Page, "offline");
        await dana.Browser.Context.SetOfflineAsync(false);
        await Expect(dana.Line).ToContainTextAsync("Connected", new() { Timeout = 30_000 });
        (await alice.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        await Expect(dana.Page.GetByText("This conversation is closed.")).ToBeVisibleAsync();
        await InOrderAsync(dana.Page, "closed");
    }

    [Fact]
    public async Task A_conversation_with_the_keyboard_alone()
    {
        var (ann, ben) = (await CallerAsync("Ann", "Hello"), await CallerAsync("Ben", "Good day"));
        await using var dana = await SignInAsync();
        var keyboard = dana.Page.Keyboard;
        await Expect(dana.Calls).ToHaveCountAsync(2);

        await keyboard.PressAsync("?");
        await Expect(dana.Dialog).ToContainTextAsync("Keyboard shortcuts");
        await keyboard.PressAsync("Escape");
        await keyboard.PressAsync("Alt+KeyN");
        await dana.SeesAsync("Hello");
        await Expect(dana.Composer).ToBeFocusedAsync();
        await keyboard.TypeAsync("What is it?");
        await Expect(dana.Composer).ToHaveValueAsync("What is it?");
        await keyboard.PressAsync("Enter");
        await keyboard.PressAsync("Alt+KeyI");
        await keyboard.TypeAsync("A note");
        await keyboard.PressAsync("Enter");
        await dana.SeesAsync("Hello", "What is it?", "A note");
        await keyboard.PressAsync("Alt+KeyI");

        await keyboard.PressAsync("Alt+KeyN");
        await dana.SeesAsync("Good day");
        await keyboard.PressAsync("Alt+ArrowUp");
        await Expect(dana.Page.GetByRole(AriaRole.Heading, new() { Name = "Ann" })).ToBeVisibleAsync();
        await keyboard.PressAsync("Alt+Digit2");
        await Expect(dana.Page.GetByRole(AriaRole.Heading, new() { Name = "Ben" })).ToBeVisibleAsync();
        await keyboard.PressAsync("Alt+KeyC");
        await keyboard.TypeAsync("Nothing");
        await keyboard.PressAsync("Enter");
        await Expect(dana.Page.GetByText("This conversation is closed.")).ToBeVisibleAsync();

        await SeesAsync(ann, "Hello", "What is it?");
        Assert.Equal("closed", await StatusAsync(ben));
        string[] wanted = ["Desk", "Overview", "Menu", "Take the next call", "Closed conversations", "Put it away"];
        var met = new HashSet<string>();
        for (var n = 0; n < 40 && !met.IsSupersetOf(wanted); n++)
        {
            await keyboard.PressAsync("Tab");
            met.Add(await dana.Page.EvaluateAsync<string>("document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"));
        }

        Assert.Superset(wanted.ToHashSet(), met);
    }

    /// <summary>Gives the supervisor's charts something to show: a day behind the desk, and calls that come and go before its eyes.</summary>
    private async Task BusyAsync(ConsoleOperator supervisor, DeskCaller eve)
    {
        const string department = "support";
        var samples = Desk.Services(0).GetRequiredService<SampleStore>();
        await RecordAsync(SampleKind.Wait, [22, 35, 41, 58, 64, 90, 131]);
        await RecordAsync(SampleKind.FirstResponse, [9, 14, 21, 26, 30, 44, 75]);
        foreach (var key in (RedisKey[])[Keys.Samples(department, "wait"), Keys.Samples(department, "first-response")])
        {
            foreach (var member in await Desk.Database.SortedSetRangeByRankAsync(key))
            {
                await Desk.Database.SortedSetDecrementAsync(key, member, TimeSpan.FromHours(4).TotalMilliseconds);
            }
        }

        await RecordAsync(SampleKind.Wait, [12, 18, 24, 29, 37, 52]);
        await RecordAsync(SampleKind.FirstResponse, [6, 8, 11, 15, 19, 33]);
        await RecordAsync(SampleKind.Rating, [5, 5, 4, 5, 3, 5, 4, 5, 5, 4, 2, 5]);

        var (femi, gus) = (Desk.Operator(name: "Femi"), Desk.Operator(name: "Gus"));
        var waiting = 1;
        foreach (var step in (Func<Task<int>>[])
        [
            () => CallsAsync("Lena", "Is the exchange open on Thursday?"), () => CallsAsync("Marek", "My card was refused"), () => TakesAsync(femi),
            () => CallsAsync("Noor", "How do I change my address?"), () => CallsAsync("Oskar", "Which fees apply to AIR.PA?"), () => TakesAsync(gus),
            () => TakesAsync(femi), () => CallsAsync("Pia", "I would like to close my account"), () => TakesAsync(eve),
        ])
        {
            waiting += await step();
            // An operator that comes back to the view has it looked up at once.
            await supervisor.ClickAsync("Desk");
            await supervisor.ClickAsync("Supervisor");
            var tile = supervisor.Page.GetByRole(AriaRole.Region, new() { Name = "Waiting", Exact = true });
            await Expect(tile.Locator(".value")).ToHaveTextAsync($"{waiting}");
        }

        async Task RecordAsync(SampleKind kind, double[] values) =>
            await Task.WhenAll(values.Select(value => samples.RecordAsync(department, kind, ChatClient.NewId("session"), value, Ct)));

        async Task<int> CallsAsync(string name, string text)
        {
            await CallerAsync(name, text);
            return 1;
        }

        static async Task<int> TakesAsync(DeskCaller taker)
        {
            (await taker.ClaimAsync()).Expect(HttpStatusCode.OK);
            return -1;
        }
    }

    /// <summary>Asserts that axe has nothing to say of the page; and where pictures are asked for (<c>CHAT_TEST_SCREENSHOTS=1</c>), takes this one.</summary>
    private static async Task InOrderAsync(IPage page, string state, string? picture = null)
    {
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await page.EmulateMediaAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
            var found = (await page.RunAxe()).Violations;
            Assert.True(found.Length == 0, $"{state}, {scheme}: {string.Join('\n', found.Select(v => $"{v.Id}: {v.Help} {string.Join(" | ", v.Nodes.Select(n => n.Html))}"))}");
            if (picture is not null && Environment.GetEnvironmentVariable("CHAT_TEST_SCREENSHOTS") == "1")
            {
                var file = $"docs/images/{picture}{(scheme == ColorScheme.Dark ? "-dark" : "")}.png";
                await page.ScreenshotAsync(new() { Path = Path.Combine(ArchitectureTests.Root, file), Animations = ScreenshotAnimations.Disabled });
            }
        }
    }
}
