using Intotes.Chat.Tests.Browsers.Widget;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>Both faces at once: a visitor in the widget on another site's page, by one node, and an operator at the console of the other.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class TwoFacesTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    [Fact]
    public async Task A_visitor_and_an_operator_talk_from_the_first_word_to_the_rating()
    {
        await using var browser = await chromium.OpenAsync();
        var visitor = await desk.VisitAsync(browser);
        await visitor.OpenAsync();
        await visitor.SaidAsync("Is my order through?");
        await using var dana = await ConsoleOperator.SignInAsync(chromium, desk.Nodes.Addresses[1]);
        await dana.TakeNextAsync();
        await dana.SeesAsync("Is my order through?");
        await Expect(visitor.Title).ToHaveTextAsync("Dana");

        await dana.Composer.PressSequentiallyAsync("It was filled");
        await Expect(visitor.Panel).ToContainTextAsync("Dana is writing");
        await dana.SayAsync("It was filled at 09:31.");
        await visitor.ShowsAsync("Is my order through?", "It was filled at 09:31.");
        await Expect(dana.Page.Locator("#talk .state").Last).ToHaveTextAsync("Read");

        await visitor.Field.PressSequentiallyAsync("Thank");
        await Expect(dana.Page.Locator("#talk")).ToContainTextAsync("is writing");
        await visitor.SaidAsync("Thank you! <b>Bye</b>");
        await dana.SeesAsync("Is my order through?", "It was filled at 09:31.", "Thank you! <b>Bye</b>");
        await Expect(visitor.Panel.Locator("li.visitor").Last).ToContainTextAsync("Read");

        await dana.ClickAsync("Close");
        await dana.ConfirmAsync("Close the conversation");
        await visitor.Panel.GetByRole(AriaRole.Radio, new() { Name = "5 of 5" }).CheckAsync();
        await visitor.Button("Send rating").ClickAsync();
        await Expect(visitor.Panel).ToContainTextAsync("Thank you for your rating.");
        await visitor.ShowsAsync("Is my order through?", "It was filled at 09:31.", "Thank you! <b>Bye</b>");
    }
}
