using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>What a visitor hears.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetSoundTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    private const string Recorder = """
        window.tones = 0;
        const { start } = AudioScheduledSourceNode.prototype;
        AudioScheduledSourceNode.prototype.start = function (...when) { tones++; return start.apply(this, when); };
        """;

    [Fact]
    public async Task An_answer_sounds_where_nobody_looks_and_not_where_the_visitor_has_turned_the_sound_off()
    {
        await using var visitor = await chromium.OpenAsync();
        await visitor.Context.AddInitScriptAsync(Recorder);
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(widget);
        await Expect(widget.Title).ToHaveTextAsync("Dana");

        await dana.SayAsync("Before your eyes", session);
        await widget.ShowsAsync("Hello", "Before your eyes");
        Assert.Equal(0, await TonesAsync());

        await SayUnseenAsync("Good day");
        Assert.Equal(1, await TonesAsync());

        await widget.OpenAsync();
        await SoundAsync("true", "false");
        await SayUnseenAsync("Are you there?");
        Assert.Equal(1, await TonesAsync());

        await widget.Page.ReloadAsync();
        await Expect(widget.Launcher).ToHaveAccessibleNameAsync("Chat with us: 1 new");
        await widget.OpenAsync();
        await SoundAsync("false", "true");
        await SayUnseenAsync("Hm");
        Assert.Equal(1, await TonesAsync());

        // What shows that the message is there is drawn in one go with the sound.
        async Task SayUnseenAsync(string text)
        {
            await widget.Button("Minimise").ClickAsync();
            await Expect(widget.Launcher).ToHaveAccessibleNameAsync("Chat with us");
            await dana.SayAsync(text, session);
            await Expect(widget.Launcher).ToHaveAccessibleNameAsync("Chat with us: 1 new");
        }

        async Task SoundAsync(string before, string after)
        {
            await Expect(widget.Button("Sound")).ToHaveAttributeAsync("aria-pressed", before);
            await widget.Button("Sound").ClickAsync();
            await Expect(widget.Button("Sound")).ToHaveAttributeAsync("aria-pressed", after);
        }

        Task<int> TonesAsync() => widget.Page.EvaluateAsync<int>("tones");
    }
}
