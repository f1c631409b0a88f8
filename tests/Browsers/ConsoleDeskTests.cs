using System.Net;
using Intotes.Chat.Tests.Features.Operators;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>What operators do with conversations as a whole, and what they see of the customer.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class ConsoleDeskTests(Chromium chromium, PlatformNodes desk) : ConsoleStory(chromium, desk), IClassFixture<PlatformNodes>
{
    [Fact]
    public async Task The_customers_profile_and_trades_stand_beside_the_conversation()
    {
        Platform.Answers = PlatformNodes.TellAsync;
        await CustomerAsync("Ann Client", "Hello");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();

        await Expect(dana.Side).ToContainTextAsync("Ann Client");
        await Expect(dana.Side.GetByRole(AriaRole.Definition).Filter(new() { HasText = "gold" })).ToBeVisibleAsync();
        await Expect(dana.Side.GetByRole(AriaRole.Columnheader, new() { Name = "Symbol" })).ToBeVisibleAsync();
        await Expect(dana.Side.GetByRole(AriaRole.Cell, new() { Name = "BTC/EUR" })).ToBeVisibleAsync();
        await Expect(dana.Side.Locator(".said")).ToContainTextAsync("not verified");
        await Expect(dana.Side.GetByRole(AriaRole.Link, new() { Name = "https://trading.example/orders" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Nothing_is_said_twice_of_a_customer_and_a_price_stands_with_its_currency()
    {
        Platform.Answers = http => http.Response.WriteAsJsonAsync<object>(
            http.Request.Path.Value!.EndsWith("/profile", StringComparison.Ordinal) ? new { id = "ann", name = "Ann of the bank", country = "FR" }
            : http.Request.Path.Value.Contains("/ann/", StringComparison.Ordinal) ? new[] { Trade("EUR", 612.4), Trade("JPY", 1200) }
            : new[] { Trade("EUR", 612.4), Trade("no money", 1200) });
        await CustomerAsync(Desk.Account("ann", "Ann Client"), "Hello");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();

        await Expect(dana.Side.GetByRole(AriaRole.Cell)).ToHaveTextAsync(["€612.40", "¥1,200"]);
        await Expect(dana.Side.GetByRole(AriaRole.Columnheader)).ToHaveTextAsync(["Price"]);
        await Expect(dana.Side.GetByText("Ann of the bank")).ToBeVisibleAsync();
        await Expect(dana.Side.GetByText("ann", new() { Exact = true })).ToHaveCountAsync(1);

        // Where one has no currency, each keeps its own column; and another's id is said.
        await CustomerAsync(Desk.Account("ben", "Ben Client"), "Good day");
        await dana.TakeNextAsync();
        await Expect(dana.Side.GetByRole(AriaRole.Cell)).ToHaveTextAsync(["612.4", "EUR", "1,200", "no money"]);
        await Expect(dana.Side.GetByRole(AriaRole.Columnheader)).ToHaveTextAsync(["Price", "Currency"]);
        await Expect(dana.Side.GetByText("ann", new() { Exact = true })).ToHaveCountAsync(1);

        static object Trade(string currency, double price) => new { price, currency };
    }

    [Fact]
    public async Task A_platform_that_does_not_answer_is_said_to_be_away_and_can_be_asked_again()
    {
        Platform.Answers = http =>
        {
            http.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        await CustomerAsync("Ann", "Hello");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();
        await Expect(dana.Side).ToContainTextAsync("The platform does not tell about this customer now");

        Platform.Answers = PlatformNodes.TellAsync;
        // Where the tests before asked much, the node leaves the platform alone for some seconds.
        await EventuallyAsync("the platform tells again", async () =>
        {
            await dana.Page.EvaluateAsync("[...document.querySelectorAll('#side button')].find(button => button.textContent === 'Try again')?.click()");
            return await dana.Side.GetByText("BTC/EUR").CountAsync() > 0;
        });
    }

    [Fact]
    public async Task An_anonymous_visitor_is_shown_with_what_it_said_of_itself_and_no_link_that_could_run()
    {
        var visitor = Desk.Visitor();
        await visitor.OpenAsync(new { name = "Zoe", email = "zoe@example.org", pageUrl = "javascript:alert(document.domain)" });
        await visitor.PostAsync("chat/session/call-operator");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();

        await Expect(dana.Side).ToContainTextAsync("Anonymous visitor");
        await Expect(dana.Side.Locator(".said")).ToContainTextAsync("javascript:alert(document.domain)");
        await Expect(dana.Side.GetByRole(AriaRole.Link)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_note_is_for_operators_only_and_goes_with_the_conversation_to_a_colleague()
    {
        var ann = await CallerAsync("Ann", "Hello");
        await using var dana = await SignInAsync();
        await using var eve = await SignInElsewhereAsync();
        await dana.TakeNextAsync();
        await dana.SayAsync("Hi Ann");
        await dana.NoteAsync("She called yesterday too");
        await Expect(dana.Page.Locator("#talk .thread .note")).ToContainTextAsync("Internal note by Dana");

        await dana.ClickAsync("Hand over");
        await Expect(dana.Dialog.Locator("option").Filter(new() { HasText = "Eve (0 of 5)" })).ToBeAttachedAsync();
        await dana.Dialog.GetByLabel("To").SelectOptionAsync($"o:{eve.Id}");
        await dana.Dialog.GetByLabel("Note").FillAsync("Please be kind");
        await dana.ConfirmAsync("Hand over");
        await Expect(dana.Page.GetByText("This conversation is no longer yours")).ToBeVisibleAsync();

        await eve.ChooseAsync("Ann");
        await eve.SeesAsync("Hello", "Hi Ann", "She called yesterday too", "Please be kind");
        await eve.SayAsync("I am Eve");
        await SeesAsync(ann, "Hello", "Hi Ann", "I am Eve");
        Assert.DoesNotContain("kind", await ann.TranscriptAsync(), StringComparison.Ordinal);
        await dana.ClickAsync("Put it away");
        await Expect(dana.Conversations).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task What_is_put_back_waits_again_at_the_front_with_its_first_wait()
    {
        var ann = await CallerAsync("Ann");
        await using var dana = await SignInAsync();
        await using var eve = await SignInElsewhereAsync();
        await dana.TakeNextAsync();
        await CallerAsync("Ben");

        await dana.ClickAsync("Put back");
        await dana.ConfirmAsync("Put back");

        await Expect(eve.Calls).ToHaveCountAsync(2);
        await Expect(eve.Calls.First).ToContainTextAsync("Ann");
        await eve.Page.GetByRole(AriaRole.Button, new() { Name = "Take the call of Ann" }).ClickAsync();
        await eve.SayAsync("Hello Ann");
        await SeesAsync(ann, "Hello Ann");
        await Expect(dana.Calls).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task A_visitor_is_blocked_after_a_question()
    {
        var ann = await CallerAsync("Ann", "Rude words");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();

        await dana.ClickAsync("Block");
        await dana.ConfirmAsync("Cancel");
        (await ann.SayAsync("More")).Expect(HttpStatusCode.Created);
        await dana.ClickAsync("Block");
        await dana.Dialog.GetByLabel("For").SelectOptionAsync("60");
        await dana.ConfirmAsync("Block");

        await Expect(dana.Toasts).ToContainTextAsync("Ann is blocked.");
        (await ann.SayAsync("Even more")).ExpectProblem(403, "blocked");
    }

    [Fact]
    public async Task Earlier_conversations_can_be_read_and_those_of_others_are_said_to_be_theirs()
    {
        var ann = await CustomerAsync("Ann", "The first time");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();
        await dana.SayAsync("The first answer");
        await SeesAsync(ann, "The first time", "The first answer");
        (await ann.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        await Expect(dana.Page.GetByText("This conversation is closed.")).ToBeVisibleAsync();
        await ann.OpenAsync();
        await ann.PostAsync("chat/session/call-operator");

        await dana.TakeNextAsync();
        await dana.Side.GetByRole(AriaRole.Button, new() { Name = "The first answer" }).ClickAsync();
        await Expect(dana.Dialog.Locator(".thread .text")).ToHaveTextAsync(["The first time", "The first answer"]);
        await dana.Page.Keyboard.PressAsync("Escape");
        await dana.ClickAsync("Closed conversations");
        await Expect(dana.Dialog).ToContainTextAsync("The first answer");
        await dana.Page.Keyboard.PressAsync("Escape");

        await using var eve = await SignInElsewhereAsync();
        eve.Browser.Expecting("status of 404");
        await dana.ClickAsync("Put back");
        await dana.ConfirmAsync("Put back");
        await eve.TakeNextAsync();
        await eve.Side.GetByRole(AriaRole.Button, new() { Name = "The first answer" }).ClickAsync();
        await Expect(eve.Dialog).ToContainTextAsync("was another operator's");
    }

    [Fact]
    public async Task A_supervisor_sees_the_queue_the_operators_and_every_conversation()
    {
        await CallerAsync("Ann", "From Ann");
        await using var dana = await SignInAsync("Dora");
        await dana.TakeNextAsync();
        await dana.SayAsync("To Ann");
        var ben = await CallerAsync("Ben", "From Ben");
        await using var sue = await SignInElsewhereAsync("Sue", "supervisor");
        await sue.ClickAsync("Supervisor");

        await Expect(Tile("Waiting")).ToContainTextAsync("1");
        await Expect(Tile("In conversation")).ToContainTextAsync("1");
        // A console that was closed a moment ago, by the test before, may still count among those online.
        await Expect(Tile("Operators online")).ToContainTextAsync("room for");
        await Expect(sue.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Dora" })).ToContainTextAsync("1 of 5");
        await Expect(sue.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Sue" })).ToContainTextAsync("0 of 5");
        await Expect(sue.Page.GetByRole(AriaRole.Img, new() { NameRegex = new("Wait: Hour, median .* 1 in the last hour|Wait, 1 in the last hour") })).ToBeVisibleAsync();
        await sue.Page.GetByRole(AriaRole.Button, new() { Name = "To Ann" }).ClickAsync();
        await Expect(sue.Dialog.Locator(".thread .text")).ToHaveTextAsync(["From Ann", "To Ann"]);
        await sue.Page.Keyboard.PressAsync("Escape");

        await ben.PostAsync("chat/session/close");
        await Expect(Tile("Waiting")).ToContainTextAsync("nobody waits", new() { Timeout = 15_000 });

        ILocator Tile(string name) => sue.Page.GetByRole(AriaRole.Region, new() { Name = name, Exact = true });
    }

    [Fact]
    public async Task A_supervisor_sees_how_visitors_rate_on_average()
    {
        await using var rita = await SignInElsewhereAsync("Rita", "supervisor");
        await rita.ClickAsync("Supervisor");
        var tile = rita.Page.GetByRole(AriaRole.Region, new() { Name = "Rating", Exact = true });
        await Expect(tile).ToContainTextAsync("0 of the last day");
        await Expect(tile.GetByRole(AriaRole.Img)).ToHaveAccessibleNameAsync("no rating");

        var eve = Desk.Operator(name: "Eve");
        foreach (var score in (int[])[5, 3, 3])
        {
            var visitor = await CallerAsync("Ann", "Hello");
            var session = (string)(await eve.ClaimAsync()).Expect(HttpStatusCode.OK)["sessionId"]!;
            (await eve.SayAsync("Hello", session)).Expect(HttpStatusCode.Created);
            (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
            (await visitor.PostAsync("chat/session/rating", new { score })).Expect(HttpStatusCode.NoContent);
        }

        await Expect(tile).ToContainTextAsync("3 of the last day", new() { Timeout = 30_000 });
        await Expect(tile).ToContainTextAsync("3.7");
        await Expect(tile.GetByRole(AriaRole.Img)).ToHaveAccessibleNameAsync("3.7 of 5");
        await Expect(tile).ToContainTextAsync("★★★★☆");
    }
}
