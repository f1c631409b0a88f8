using System.Net;
using Intotes.Chat.Tests.Features.Operators;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>Conversations that come and go while a poll is under way.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class ConsoleNewsTests(Chromium chromium, PlatformNodes desk) : ConsoleStory(chromium, desk), IClassFixture<PlatformNodes>
{
    [Fact]
    public async Task One_that_is_taken_after_a_poll_was_answered_is_not_lost_when_the_answer_comes()
    {
        var ann = await CallerAsync("Ann", "Hello");
        await using var dana = await SignInAsync();
        var (answer, next) = await HoldAnswerAsync(dana);
        await dana.TakeNextAsync();
        await dana.SeesAsync("Hello");

        answer.Release();
        await next.Reached.WaitAsync(TimeSpan.FromSeconds(30), Ct);

        Assert.Equal((true, 0), (await dana.Composer.IsVisibleAsync(), await dana.Conversations.Filter(new() { HasText = "No longer yours" }).CountAsync()));
        next.Release();
        await dana.SayAsync("Good day");
        await SeesAsync(ann, "Hello", "Good day");
    }

    [Theory]
    [InlineData("Close", "Close the conversation", "This conversation is closed.")]
    [InlineData("Put back", "Put back", "This conversation is no longer yours")]
    public async Task One_that_ends_after_a_poll_was_answered_does_not_come_back_when_the_answer_comes(string action, string confirm, string told)
    {
        await CallerAsync("Ann", "Hello");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();
        await dana.SeesAsync("Hello");
        var (answer, next) = await HoldAnswerAsync(dana);
        await dana.ClickAsync(action);
        await dana.ConfirmAsync(confirm);
        await Expect(dana.Page.GetByText(told)).ToBeVisibleAsync();

        answer.Release();
        await next.Reached.WaitAsync(TimeSpan.FromSeconds(30), Ct);

        Assert.Equal((true, false), (await dana.Page.GetByText(told).IsVisibleAsync(), await dana.Composer.IsVisibleAsync()));
    }

    [Fact]
    public async Task Of_several_that_are_gone_at_once_it_is_asked_once_whether_they_are_closed()
    {
        await using var dana = await SignInAsync();
        foreach (var name in (string[])["Ann", "Ben", "Cem"])
        {
            await CallerAsync(name, $"I am {name}");
            await dana.TakeNextAsync();
            await dana.SeesAsync($"I am {name}");
        }

        var poll = new Hold();
        await dana.Page.RouteAsync("**/operator/poll**", poll.UntilReleasedAsync);
        await CallerAsync("Dan");
        await poll.Reached.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        var (again, asked) = (Desk.Operator(dana.Id), 0);
        foreach (var session in await again.MineAsync())
        {
            (await again.ReleaseAsync(session)).Expect(HttpStatusCode.OK);
        }

        dana.Page.Request += (_, request) => asked += request.Url.EndsWith("state=closed", StringComparison.Ordinal) ? 1 : 0;
        poll.Release();

        await Expect(dana.Conversations.Filter(new() { HasText = "No longer yours" })).ToHaveCountAsync(3);
        await Expect(dana.Line).ToContainTextAsync("Connected");
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task The_page_that_a_visitor_goes_to_is_shown_beside_the_conversation()
    {
        var ann = await CustomerAsync("Ann", "I am Ann");
        await using var dana = await SignInAsync();
        await dana.TakeNextAsync();
        await Expect(dana.Side).ToContainTextAsync("https://trading.example/orders");

        (await ann.PostAsync("chat/session/page", new { pageUrl = "https://trading.example/pay" })).Expect(HttpStatusCode.NoContent);

        await Expect(dana.Side).ToContainTextAsync("https://trading.example/pay");
        await Expect(dana.Side).Not.ToContainTextAsync("https://trading.example/orders");
    }

    /// <summary>Keeps back an answer that a poll got by now, and the poll after that.</summary>
    private async Task<(Hold Answer, Hold Next)> HoldAnswerAsync(ConsoleOperator dana)
    {
        var (answer, next) = (new Hold(), new Hold());
        await dana.Page.RouteAsync("**/operator/poll**", async route =>
        {
            if (answer.Reached.IsCompleted)
            {
                await next.UntilReleasedAsync(route);
                return;
            }

            var response = await route.FetchAsync();
            await answer.UntilReleasedAsync(() => route.FulfillAsync(new() { Response = response }));
        });
        // One that waits already is ended by a call, and so is the next.
        for (var calls = 1; !answer.Reached.IsCompleted; calls++)
        {
            await CallerAsync($"Ben {calls}");
            await Task.WhenAny(answer.Reached, Task.Delay(TimeSpan.FromSeconds(1), Ct));
        }

        return (answer, next);
    }
}
