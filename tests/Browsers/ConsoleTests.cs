using System.Net;
using Intotes.Chat.Tests.Features.Operators;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>A conversation, from the operator's chair.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class ConsoleTests(Chromium chromium, PlatformNodes desk) : ConsoleStory(chromium, desk), IClassFixture<PlatformNodes>
{
    [Fact]
    public async Task A_whole_conversation()
    {
        var ann = await CallerAsync("Ann", "Where is my order?");
        await using var dana = await SignInAsync();
        await Expect(dana.Calls).ToHaveCountAsync(1);
        await Expect(dana.Calls).ToContainTextAsync("Ann");

        await dana.TakeNextAsync();
        await dana.SeesAsync("Where is my order?");
        await dana.Composer.PressSequentiallyAsync("Let me look. https://trading.example/o/1");
        await EventuallyAsync("the visitor sees that Dana writes", async () => (bool)(await ann.PollAsync())["typing"]!);
        await dana.Composer.PressAsync("Shift+Enter");
        await dana.Composer.PressSequentiallyAsync("One moment.");
        await dana.Composer.PressAsync("Enter");
        await SeesAsync(ann, "Where is my order?", "Let me look. https://trading.example/o/1\nOne moment.");
        await Expect(dana.Page.Locator("#talk .state").Last).ToHaveTextAsync("Sent");
        await Expect(dana.Page.GetByRole(AriaRole.Link, new() { Name = "https://trading.example/o/1" })).ToHaveAttributeAsync("rel", "noopener noreferrer nofollow");

        await ann.PostAsync("chat/read", new { upTo = (string)(await ann.PollAsync())["cursor"]! });
        await Expect(dana.Page.Locator("#talk .state").Last).ToHaveTextAsync("Read");
        await ann.PostAsync("chat/typing", new { typing = true });
        await Expect(dana.Page.GetByText("Ann is writing …")).ToBeVisibleAsync();
        await ann.SayAsync("Thank you!");
        await Expect(dana.Texts.Last).ToHaveTextAsync("Thank you!");
        var last = (string)(await ann.PollAsync())["messages"]!.AsArray()[^1]!["id"]!;
        await EventuallyAsync("the visitor knows that Dana has read", async () => (string?)(await ann.PollAsync())["readUpTo"] == last);

        await dana.ClickAsync("Close");
        await dana.Dialog.GetByLabel("Reason").FillAsync("Order found");
        await dana.ConfirmAsync("Close the conversation");
        await Expect(dana.Page.GetByText("This conversation is closed.")).ToBeVisibleAsync();
        Assert.Equal("closed", await StatusAsync(ann));
        await Expect(dana.Composer).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Several_conversations_at_once_each_with_what_is_unread()
    {
        var (ann, ben) = (await CallerAsync("Ann", "I am Ann"), await CallerAsync("Ben", "I am Ben"));
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();
        await dana.SeesAsync("I am Ann");
        await dana.TakeNextAsync();
        await dana.SeesAsync("I am Ben");

        await ann.SayAsync("Hello?");
        await ann.SayAsync("Are you there?");
        await Expect(dana.Conversation("Ann")).ToContainTextAsync("Are you there?");
        await Expect(dana.Page.GetByRole(AriaRole.Img, new() { Name = "2 unread" })).ToBeVisibleAsync();
        await Expect(dana.Page).ToHaveTitleAsync("(2) Operator console");

        await dana.Composer.FillAsync("not sent yet");
        await dana.ChooseAsync("Ann");
        await dana.SeesAsync("I am Ann", "Hello?", "Are you there?");
        await Expect(dana.Page.GetByText("unread")).ToHaveCountAsync(0);
        await Expect(dana.Composer).ToHaveValueAsync("");
        await dana.SayAsync("Yes, Ann.");
        await dana.ChooseAsync("Ben");
        await Expect(dana.Composer).ToHaveValueAsync("not sent yet");
        await dana.SayAsync("Yes, Ben.");

        await SeesAsync(ann, "I am Ann", "Hello?", "Are you there?", "Yes, Ann.");
        await SeesAsync(ben, "I am Ben", "Yes, Ben.");
    }

    [Fact]
    public async Task Typing_a_slash_finds_a_canned_reply_and_fills_in_the_names()
    {
        var eve = Desk.Operator();
        await eve.PostAsync("operator/canned-replies", new { shortcut = "greet", text = "Hello {{visitor.name}}, I am {{operator.name}}." });
        await eve.PostAsync("operator/canned-replies", new { shortcut = "wait", text = "One moment, please." });
        var ann = await CallerAsync("Ann $& {{visitor.name}}");
        await using var dana = await SignInAsync("Dana {{visitor.name}}");
        await dana.TakeNextAsync();
        var options = dana.Page.GetByRole(AriaRole.Option);

        await dana.Composer.PressSequentiallyAsync("/");
        await Expect(options).ToHaveCountAsync(2);
        await dana.Composer.PressSequentiallyAsync("mom");
        await Expect(options).ToHaveCountAsync(1);
        await dana.Composer.FillAsync("/");
        await dana.Composer.PressAsync("ArrowDown");
        await dana.Composer.PressAsync("Enter");
        await Expect(dana.Composer).ToHaveValueAsync("One moment, please.");
        await dana.Composer.FillAsync("/gr");
        await dana.Composer.PressAsync("Tab");
        await dana.Composer.PressAsync("Enter");

        await SeesAsync(ann, "Hello Ann $& {{visitor.name}}, I am Dana {{visitor.name}}.");
    }

    [Fact]
    public async Task Canned_replies_are_added_changed_and_deleted()
    {
        await using var dana = await SignInAsync();
        await dana.ClickAsync("Menu");
        await dana.ClickAsync("Canned replies …");
        await dana.ClickAsync("Add a reply");
        await dana.Page.GetByLabel("Shortcut").FillAsync("bye");
        await dana.Page.GetByLabel("Text").FillAsync("Good bye {{name}}");
        await dana.ClickAsync("Save");
        await Expect(dana.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "placeholders" })).ToBeVisibleAsync();
        await dana.Page.GetByLabel("Text").FillAsync("Good bye {{visitor.name}}");
        await dana.ClickAsync("Save");
        await Expect(dana.Dialog.Locator("li")).ToContainTextAsync("Good bye {{visitor.name}}");

        await dana.ClickAsync("Edit bye");
        await dana.Page.GetByLabel("Text").FillAsync("See you");
        await dana.ClickAsync("Save");
        await Expect(dana.Dialog.Locator("li")).ToContainTextAsync("See you");
        await dana.ClickAsync("Delete bye");
        await dana.ClickAsync("Delete");
        await Expect(dana.Dialog.GetByText("There are none yet.")).ToBeVisibleAsync();
        Assert.Empty((await Desk.Operator().GetAsync("operator/canned-replies")).Expect(HttpStatusCode.OK)["cannedReplies"]!.AsArray());
        dana.Browser.Expecting("status of 400");
    }

    [Fact]
    public async Task Of_a_long_conversation_the_newest_is_shown_and_the_rest_when_asked_for()
    {
        string[] all = [.. Enumerable.Range(1, 230).Select(n => $"Message {n}")];
        var ann = await CallerAsync("Ann", all);
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();

        // With the entry that Dana has joined that is a hundred.
        await Expect(dana.Texts).ToHaveTextAsync(all[^99..]);
        await dana.ClickAsync("Earlier messages");
        await Expect(dana.Texts).ToHaveTextAsync(all[^199..]);
        await dana.ClickAsync("Earlier messages");
        await Expect(dana.Texts).ToHaveTextAsync(all);
        await Expect(dana.Page.GetByText("Earlier messages")).ToBeHiddenAsync();
        await dana.ClickAsync("Jump to the latest");
        await ann.SayAsync("Message 231");
        await Expect(dana.Texts.Last).ToHaveTextAsync("Message 231");
        await Expect(dana.Texts.Last).ToBeInViewportAsync();
        await Expect(dana.Texts).ToHaveCountAsync(99);
    }
}
