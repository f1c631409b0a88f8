using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>The API reference, as a reader sees it.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class DocsTests(Chromium chromium, ChatNodes nodes)
{
    [Fact]
    public async Task Every_endpoint_can_be_read_and_nothing_is_fetched_from_elsewhere()
    {
        await using var reader = await chromium.OpenAsync();
        var page = await reader.NewPageAsync();

        await page.GotoAsync(new Uri(nodes.Addresses[0], "/docs").ToString());

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Intotes.Chat" }).First).ToBeVisibleAsync();
        await Expect(page.GetByText("/api/v1/chat/session/call-operator").First).ToBeAttachedAsync();
    }
}
