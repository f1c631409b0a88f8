using System.Net;
using Intotes.Chat.Tests.Features.Operators;
using Intotes.Chat.Tests.Redis;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>Two nodes over a Redis of their own, and a page of another site that they allow to embed the widget.</summary>
public class WidgetNodes : IAsyncLifetime
{
    private RedisServerProcess? redis;
    private ChatNodes? nodes;
    private ShopPage? shop;
    private int turn;

    public ChatNodes Nodes => nodes!;

    public ShopPage Shop => shop!;

    protected virtual IEnumerable<(string Name, string Value)> Further => [];

    /// <summary>An operator, who calls the nodes in turn.</summary>
    public DeskCaller Operator(string name = "Dana")
    {
        var id = ChatClient.NewId("operator");
        return new DeskCaller(ChatClient.Operator(Nodes, id, name), () => Nodes.Addresses[Interlocked.Increment(ref turn) & 1], id);
    }

    /// <summary>The shop's page in a browser profile, its widget not opened yet.</summary>
    public async Task<WidgetWindow> VisitAsync(WatchedContext visitor, string attributes = "", int node = 0)
    {
        var page = await visitor.NewPageAsync();
        await page.GotoAsync(Shop.With(Nodes.Addresses[node], attributes));
        return new WidgetWindow(page);
    }

    /// <summary>A page of the folder <c>Hostile</c>, its widget not opened yet.</summary>
    public async Task<WidgetWindow> VisitHostileAsync(WatchedContext visitor, string name, string query = "")
    {
        var page = await visitor.NewPageAsync();
        await page.GotoAsync($"{Shop.Origin}/hostile/{name}.html?node={Nodes.Addresses[0].GetLeftPart(UriPartial.Authority)}&{query}");
        return new WidgetWindow(page);
    }

    /// <summary>An operator that takes the call of this visitor.</summary>
    public async Task<(DeskCaller Operator, string Session)> AnswerAsync(WidgetWindow visitor, string name = "Dana")
    {
        await Expect(visitor.Panel.Locator("li.system").First).ToBeVisibleAsync();
        var (caller, session) = (Operator(name), await visitor.SessionAsync());
        (await caller.ClaimAsync(session)).Expect(HttpStatusCode.OK);
        return (caller, session);
    }

    /// <summary>
    /// Writes until the visitor sees it. A poll tells what changes while it waits, so a beginning that falls between two polls is told
    /// only when it ends, and is begun again here.
    /// </summary>
    public static async Task TypeAsync(DeskCaller caller, string session, WidgetWindow visitor)
    {
        for (var i = 0; i < 20; i++)
        {
            (await caller.PostAsync("chat/typing", new { typing = true, sessionId = session })).Expect(HttpStatusCode.NoContent);
            try
            {
                await Expect(visitor.Panel.Locator(".typing")).ToBeVisibleAsync(new() { Timeout = 3_000 });
                return;
            }
            catch (PlaywrightException)
            {
                (await caller.PostAsync("chat/typing", new { typing = false, sessionId = session })).Expect(HttpStatusCode.NoContent);
            }
        }

        Assert.Fail("The visitor does not see that the operator writes.");
    }

    /// <summary>The whole conversation as its operator polls it, once it is so.</summary>
    public static async Task<Answer> UntilAsync(DeskCaller caller, string session, Func<Answer, bool> isSo)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var poll = (await caller.GetAsync($"chat/poll?sessionId={session}&after=0-0&limit=500")).Expect(HttpStatusCode.OK);
            if (isSo(poll))
            {
                return poll;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30), poll.Body!.ToJsonString());
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        shop = await ShopPage.StartAsync();
        var settings = Further.Append(("Chat:AllowedOrigins:0", shop.Origin)).ToDictionary(setting => setting.Item1, setting => setting.Item2);
        nodes = await ChatNodes.StartAsync(redis.Configuration, 2, settings);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await using var third = redis;
        await using var second = shop;
        await using var first = nodes;
    }
}

/// <summary>The same, where operators lose what they have soon after their last call.</summary>
public sealed class ShortLeaseWidgetNodes : WidgetNodes
{
    protected override IEnumerable<(string Name, string Value)> Further => [("Chat:OperatorLeaseSeconds", "5")];
}
