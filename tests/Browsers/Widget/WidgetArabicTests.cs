using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>A conversation in Arabic, from both faces: it runs from right to left, and what is Latin in it keeps its own direction.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetArabicTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    private const string Direction = "element => getComputedStyle(element).direction";

    [Fact]
    public async Task A_conversation_in_Arabic_from_the_first_word_to_the_rating()
    {
        const string question = "مرحبا، هل تم تنفيذ طلبي T-1093 بمبلغ 250 EUR؟";
        const string answer = "أهلا بك! نعم، تم تنفيذه اليوم.";
        const string latin = "Filled at 09:31: 12 × SAP.DE.";
        await using var browser = await chromium.OpenAsync();
        var visitor = await desk.VisitAsync(browser, "locale=ar");
        await Expect(visitor.Launcher).ToHaveAccessibleNameAsync("تحدث معنا");
        await visitor.OpenAsync();
        await Expect(visitor.Panel).ToContainTextAsync("كيف يمكننا مساعدتك؟");
        Assert.Equal("rtl", await visitor.Field.EvaluateAsync<string>(Direction));
        await visitor.SayAsync(question);
        await Expect(visitor.Banner).ToContainTextAsync("رقمك في الانتظار 1.");

        await using var omar = await ConsoleOperator.SignInAsync(chromium, desk.Nodes.Addresses[1], name: "عمر");
        await omar.TakeNextAsync();
        await omar.SeesAsync(question);
        await Expect(visitor.Title).ToHaveTextAsync("عمر");
        await omar.Composer.PressSequentiallyAsync("أهلا");
        await Expect(visitor.Panel).ToContainTextAsync("عمر يكتب");
        await omar.SayAsync(answer);
        await omar.SayAsync(latin);
        await visitor.ShowsAsync(question, answer, latin);

        Assert.Equal(["rtl", "rtl", "ltr"], await visitor.Panel.Locator("li:is(.visitor, .operator) p").EvaluateAllAsync<string[]>($"all => all.map({Direction})"));
        Assert.Equal(["rtl", "rtl", "ltr"], await omar.Texts.EvaluateAllAsync<string[]>($"all => all.map({Direction})"));
        var (panel, mine, theirs) = ((await visitor.Panel.BoundingBoxAsync())!, (await visitor.Said("visitor").BoundingBoxAsync())!, (await visitor.Said("operator").First.BoundingBoxAsync())!);
        Assert.InRange(mine.X, panel.X, panel.X + 40);
        Assert.InRange(theirs.X + theirs.Width, panel.X + panel.Width - 40, panel.X + panel.Width);
        var (name, minimise) = ((await visitor.Title.BoundingBoxAsync())!, (await visitor.Button("تصغير").BoundingBoxAsync())!);
        Assert.True(minimise.X < name.X, "The name begins the line, which is right; the buttons end it.");
        // The Latin number stands to the left of the word before it, and its own signs in their own order.
        Assert.True(await visitor.Said("visitor").EvaluateAsync<bool>("""
            text => {
              const at = (from, to) => { const range = new Range(); range.setStart(text.firstChild, from); range.setEnd(text.firstChild, to); return range.getBoundingClientRect(); };
              const index = text.textContent.indexOf('T-1093');
              return at(index, index + 1).left < at(index + 5, index + 6).left && at(index, index + 6).right <= at(index - 3, index - 1).left + 1;
            }
            """));

        await visitor.SaidAsync("OK");
        Assert.InRange((await visitor.Said("visitor").Last.BoundingBoxAsync())!.X, panel.X, panel.X + 40);
        await omar.Composer.PressSequentiallyAsync("شكرا");
        await Expect(visitor.Panel.Locator(".typing")).ToBeVisibleAsync();
        await omar.ClickAsync("Close");
        await omar.ConfirmAsync("Close the conversation");
        await Expect(visitor.Button("محادثة جديدة")).ToBeVisibleAsync();
        Assert.False(await visitor.Panel.Locator(".typing").IsVisibleAsync());
        await Expect(visitor.Panel).ToContainTextAsync("انتهت المحادثة.");
        await visitor.Panel.GetByRole(AriaRole.Radio, new() { Name = "5 من 5" }).CheckAsync();
        var (first, last) = ((await visitor.Panel.Locator("label").First.BoundingBoxAsync())!, (await visitor.Panel.Locator("label").Last.BoundingBoxAsync())!);
        Assert.True(first.X > last.X, "Stars are counted from the right.");
        await visitor.Button("إرسال التقييم").ClickAsync();
        await Expect(visitor.Panel).ToContainTextAsync("شكرا لتقييمك.");
        Assert.Equal([question, answer, latin, "OK"], await visitor.HistoryAsync());
    }
}
