using System.Net;
using System.Net.Http.Json;
using Intotes.Chat.Features.Sessions;
using Microsoft.Extensions.DependencyInjection;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>What a visitor sees while anonymous visitors have to sign in.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetSignInTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    [Theory]
    [InlineData("en", "Please sign in to chat with us.", "Try again")]
    [InlineData("de", "Bitte melden Sie sich an, um mit uns zu chatten.", "Erneut versuchen")]
    public async Task It_is_asked_kindly_to_sign_in_and_what_it_wrote_is_sent_once_it_has(string language, string asked, string again)
    {
        var sue = ChatClient.Operator(desk.Nodes, role: "supervisor");
        (await sue.SendAsync(HttpMethod.Put, "operator/anonymous", JsonContent.Create(new { state = "off" }))).Expect(HttpStatusCode.OK);
        foreach (var services in (IServiceProvider[])[desk.Nodes.Services, desk.Nodes.ServicesOfSecond])
        {
            await services.GetRequiredService<AnonymousWatch>().ReadAsync(TestContext.Current.CancellationToken);
        }

        await using var visitor = (await chromium.OpenAsync()).Expecting("403");
        var widget = await desk.VisitAsync(visitor, $"locale={language}");
        await widget.OpenAsync();
        await widget.SayAsync("Where is my order?");
        await Expect(widget.Rows.Last).ToContainTextAsync(asked);

        await widget.IdentifyAsync(Jwt.Issue(ChatClient.NewId("user"), "Vera"));
        await Expect(widget.Rows.Last).ToContainTextAsync("Where is my order?");
        await widget.Button(again).ClickAsync();
        await widget.ShowsAsync("Where is my order?");
        await Expect(widget.Panel.Locator(".failed")).ToHaveCountAsync(0);
    }
}
