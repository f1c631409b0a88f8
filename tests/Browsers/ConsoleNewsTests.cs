using System.Net;
using Intotes.Chat.Tests.Features.Operators;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>Conversations that come and go while a poll is under way.</summary>
[Collection(nameof(BrowserStories))]
public sealed class ConsoleNewsTests(Chromium chromium, PlatformNodes desk) : ConsoleStory(chromium, desk), IClassFixture<PlatformNodes>
{
    [Fact]
    public async Task One_that_is_taken_after_a_poll_was_answered_is_not_lost_when_the_answer_comes()
    {
        var ann = await CallerAsync("Ann", "Hello");
        await using var dana = await SignInAsync();
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

        await dana.TakeNextAsync();
        await dana.SeesAsync("Hello");

        answer.Release();
        await next.Reached.WaitAsync(TimeSpan.FromSeconds(30), Ct);

        Assert.Equal((true, 0), (await dana.Composer.IsVisibleAsync(), await dana.Conversations.Filter(new() { HasText = "No longer yours" }).CountAsync()));
        next.Release();
        await dana.SayAsync("Good day");
        await SeesAsync(ann, "Hello", "Good day");
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
}
