using System.Diagnostics;
using System.Net;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Faults;
using Intotes.Chat.Tests.Features.Operators;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>A full desk, and a long day. Times are printed, what the page holds is asserted.</summary>
[Collection(nameof(ConsoleStories))]
[Trait("time", "long")]
public sealed class ConsoleLoadTests(Chromium chromium, PlatformNodes desk, ITestOutputHelper output) : ConsoleStory(chromium, desk), IClassFixture<PlatformNodes>
{
    private const int Conversations = 20;
    private const int MessagesEach = 1000;

    /// <summary>Clicks a row of the list, and says how long (ms) it takes until the conversation is drawn.</summary>
    private const string Switch = """
        async name => {
          const row = [...document.querySelectorAll("#mine .row")].find(r => r.querySelector(".name").textContent === name);
          const started = performance.now();
          row.click();
          await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
          if (document.querySelector("#talk h1").textContent !== name) throw new Error("not open");
          return performance.now() - started;
        }
        """;

    [Fact]
    public async Task Twenty_conversations_of_a_thousand_messages_each()
    {
        var id = ChatClient.NewId("operator");
        var dana = Desk.Operator(id);
        await dana.PutAsync("operator/presence", new { capacity = 50 });
        var visitors = await Task.WhenAll(Enumerable.Range(0, Conversations).Select(n => CallerAsync($"Visitor {n}")));
        await Task.WhenAll(visitors.Select(StoreAsync));
        foreach (var _ in visitors)
        {
            (await dana.ClaimAsync()).Expect(HttpStatusCode.OK);
        }

        var started = Stopwatch.GetTimestamp();
        await using var at = await ConsoleOperator.SignInAsync(Chromium, Desk.Address(0), id: id);
        await Expect(at.Conversations.Filter(new() { HasText = $"Message {MessagesEach}" })).ToHaveCountAsync(Conversations, new() { Timeout = 60_000 });
        output.WriteLine($"Signed in with {Conversations} conversations of {MessagesEach} messages: all lists complete after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms");

        var times = new List<double>();
        for (var round = 0; round < 2; round++)
        {
            for (var n = 0; n < Conversations; n++)
            {
                times.Add(await at.Page.EvaluateAsync<double>(Switch, $"Visitor {n}"));
                await Expect(at.Texts.Last).ToHaveTextAsync($"Message {MessagesEach}");
            }
        }

        var elements = await at.Page.EvaluateAsync<int>("document.querySelectorAll('*').length");
        output.WriteLine($"Opening a conversation: first time {times.Take(Conversations).Order().ElementAt(Conversations / 2):F0} ms at the median, {times.Take(Conversations).Max():F0} ms at most; "
            + $"again {times.Skip(Conversations).Order().ElementAt(Conversations / 2):F0} ms at the median, {times.Skip(Conversations).Max():F0} ms at most; {elements} elements in the page");
        Assert.InRange(elements, 100, 2_000);

        await at.ClickAsync("Earlier messages");
        await Expect(at.Texts.First).ToHaveTextAsync($"Message {MessagesEach - 198}");
        for (var page = 0; page < 8; page++)
        {
            await at.ClickAsync("Earlier messages");
            await Expect(at.Page.GetByText($"Message {Math.Max(1, MessagesEach - 298 - (100 * page))}", new() { Exact = true })).ToBeAttachedAsync();
        }

        Assert.InRange(await at.Page.EvaluateAsync<int>("document.querySelectorAll('*').length"), 100, 5_500);
        await at.ClickAsync("Jump to the latest");
        await Expect(at.Texts.Last).ToHaveTextAsync($"Message {MessagesEach}");
        Assert.InRange(await at.Page.EvaluateAsync<int>("document.querySelectorAll('*').length"), 100, 2_000);
    }

    [Fact]
    public async Task A_day_of_many_conversations_does_not_make_the_page_grow()
    {
        await using var dana = await SignInAsync();
        var browser = await dana.Page.Context.NewCDPSessionAsync(dana.Page);
        await ServeAsync(dana, 20);
        var (nodes, listeners, heap) = await UsageAsync(browser);

        var served = LongForm.Or(300, 60);
        await ServeAsync(dana, served);

        var (nodesAfter, listenersAfter, heapAfter) = await UsageAsync(browser);
        output.WriteLine($"After 20 conversations {nodes} DOM nodes, {listeners} listeners, {heap / 1024:F0} KB of JS heap; after {served} more {nodesAfter}, {listenersAfter}, {heapAfter / 1024:F0} KB");
        Assert.InRange(nodesAfter, 1, nodes + 400);
        Assert.InRange(listenersAfter, 1, listeners + 100);
        Assert.InRange(heapAfter, 1, heap + (3 * 1024 * 1024));
    }

    private async Task ServeAsync(ConsoleOperator dana, int visitors)
    {
        for (var n = 0; n < visitors; n++)
        {
            var visitor = await CallerAsync($"Visitor {n}", "Good morning");
            await dana.TakeNextAsync();
            await dana.SeesAsync("Good morning");
            await dana.SayAsync("Good morning to you");
            await dana.SeesAsync("Good morning", "Good morning to you");
            await dana.ClickAsync("Close");
            await dana.ConfirmAsync("Close the conversation");
            await EventuallyAsync("it is closed", async () => await StatusAsync(visitor) == "closed");
            await Expect(dana.Page.GetByText("This conversation is closed.")).ToBeVisibleAsync();
        }
    }

    private static async Task<(double Nodes, double Listeners, double Heap)> UsageAsync(ICDPSession browser)
    {
        // Twice: what the first collection frees may hold others.
        await browser.SendAsync("HeapProfiler.collectGarbage");
        await browser.SendAsync("HeapProfiler.collectGarbage");
        var counters = (await browser.SendAsync("Memory.getDOMCounters"))!.Value;
        var heap = (await browser.SendAsync("Runtime.getHeapUsage"))!.Value;
        return (counters.GetProperty("nodes").GetDouble(), counters.GetProperty("jsEventListeners").GetDouble(), heap.GetProperty("usedSize").GetDouble());
    }

    /// <summary>Past HTTP, for it would take long.</summary>
    private async Task StoreAsync(DeskCaller visitor)
    {
        var store = Desk.Services(0).GetRequiredService<MessageStore>();
        var token = SessionToken.Parse(visitor.SessionToken!)!;
        for (var n = 1; n <= MessagesEach; n++)
        {
            await store.AppendAsync(SessionAccess.ByToken(token), new Caller.Visitor(token), null, $"Message {n}", Ct);
        }
    }
}
