using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Intotes.Chat.Tests.Features.Operators;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>The list of waiting calls.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class ConsoleWaitingTests(Chromium chromium, PlatformNodes desk) : ConsoleStory(chromium, desk), IClassFixture<PlatformNodes>
{
    [Fact]
    public async Task A_waiting_call_whose_visitor_has_left_says_so_until_it_is_back()
    {
        await CustomerAsync("Ann Client", "Hello");
        await using var dana = await SignInAsync();
        await Expect(dana.Calls).ToHaveTextAsync([new Regex("Ann Client.*A question.*support")]);
        await Expect(dana.Calls).Not.ToContainTextAsync("left");
        await dana.Page.RouteAsync("**/operator/calls?*", async route =>
        {
            var body = await (await route.FetchAsync()).TextAsync();
            await route.FulfillAsync(new() { Json = JsonNode.Parse(Regex.Replace(body, "(\"visitorSeenAt\":\")[^\"]*", "${1}2020-01-01T00:00:00Z")) });
        });

        await Expect(dana.Calls).ToContainTextAsync("support, visitor left", new() { Timeout = 60_000 });
        await dana.Page.UnrouteAllAsync();
        await Expect(dana.Calls).Not.ToContainTextAsync("left", new() { Timeout = 60_000 });
    }
}
