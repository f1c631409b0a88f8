using System.Net;
using System.Text.Json;
using Intotes.Chat.Tests.Features.Messages;
using Intotes.Chat.Tests.Features.Operators;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>The console shows all that people write as text.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class ConsoleTextTests(Chromium chromium, PlatformNodes desk) : ConsoleStory(chromium, desk), IClassFixture<PlatformNodes>
{
    /// <summary>Fewer than the console shows of a conversation, or of the queue, at once.</summary>
    private const int Batch = 95;

    private static readonly string[] Naughty =
        JsonSerializer.Deserialize<string[]>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "naughty-strings.json")))!;

    private static readonly string[] Attacks =
    [
        "<img src=x onerror=alert(1)>",
        "\"><script>alert(2)</script>",
        "<svg/onload=alert(3)>",
        "<iframe srcdoc='<script>parent.alert(4)</script>'></iframe>",
        "javascript:alert(5)",
        "data:text/html,<script>alert(6)</script>",
        "https://x.example/\"onmouseover=\"alert(7)",
        "http://x.example/<script>alert(8)</script>",
        "</textarea><script>alert(9)</script>",
        "{{constructor.constructor('alert(10)')()}}",
        "<a href=\"javascript:alert(11)\">here</a>",
        "<style>*{display:none}</style>",
    ];

    [Fact]
    public async Task Every_naughty_string_is_shown_as_it_was_written()
    {
        await using var dana = await SignInAsync();
        string[] sendable = [.. Naughty.Where(text => ContractText.Stored(text) is not null)];
        Assert.InRange(sendable.Length, 500, Naughty.Length);

        foreach (var (number, texts) in sendable.Chunk(Batch).Index())
        {
            var visitor = await CallerAsync($"Visitor {number}", texts);
            await dana.TakeNextAsync();
            await Expect(dana.Page.Locator("#talk h1")).ToHaveTextAsync($"Visitor {number}");
            await Expect(dana.Texts).ToHaveCountAsync(texts.Length, new() { Timeout = 15_000 });
            Assert.Equal(texts.Select(ContractText.Stored), await TextsOfAsync(dana, "#talk .thread .text"));

            await dana.ClickAsync("Close");
            await dana.ConfirmAsync("Close the conversation");
            await EventuallyAsync("it is closed", async () => await StatusAsync(visitor) == "closed");
        }
    }

    [Fact]
    public async Task Every_naughty_string_as_name_and_reason_of_a_call_too()
    {
        await using var dana = await SignInAsync();
        var supervisor = Desk.Supervisor();
        var shown = 0;

        foreach (var texts in Naughty.Chunk(Batch))
        {
            var callers = new List<DeskCaller>();
            foreach (var text in texts)
            {
                var visitor = Desk.Visitor();
                if ((await visitor.OpenAsync(new { name = text })).Status == HttpStatusCode.Created
                    && (await visitor.PostAsync("chat/session/call-operator", new { reason = text })).Status == HttpStatusCode.OK)
                {
                    callers.Add(visitor);
                }
            }

            var calls = (await supervisor.GetAsync("operator/calls?limit=100"))["calls"]!.AsArray();
            await Expect(dana.Calls).ToHaveCountAsync(calls.Count, new() { Timeout = 15_000 });
            Assert.Equal(
                calls.Select(c => (string?)c!["visitor"]!["name"] is { } name && name.Any(n => !char.IsWhiteSpace(n) && n != '\uFEFF') ? name : $"Visitor {((string)c["sessionId"]!)[..4]}"),
                await TextsOfAsync(dana, "#waiting .name"));
            Assert.Equal(calls.Select(c => (string?)c!["reason"] ?? "No message yet"), await TextsOfAsync(dana, "#waiting .line"));
            shown += calls.Count;
            await Task.WhenAll(callers.Select(caller => caller.PostAsync("chat/session/close")));
            await Expect(dana.Calls).ToHaveCountAsync(0, new() { Timeout = 30_000 });
        }

        Assert.InRange(shown, 400, Naughty.Length);
    }

    [Fact]
    public async Task No_attack_runs_wherever_it_is_written()
    {
        // No visitor may carry the name of an operator.
        var ann = Desk.Operator(name: Attacks[0] + " of Ann");
        await using var dana = await SignInAsync(Attacks[1] + " of Dana");
        foreach (var (number, attack) in Attacks.Index())
        {
            await ann.PostAsync("operator/canned-replies", new { shortcut = $"attack-{number}", text = attack.StartsWith("{{", StringComparison.Ordinal) ? "-" : attack });
            var visitor = Desk.Visitor();
            (await visitor.OpenAsync(new { name = attack, pageUrl = attack, locale = attack[..12] })).Expect(HttpStatusCode.Created);
            (await visitor.PostAsync("chat/session/call-operator", new { reason = attack })).Expect(HttpStatusCode.OK);
            (await visitor.SayAsync(attack)).Expect(HttpStatusCode.Created);
            await Expect(dana.Calls.Locator(".name")).ToHaveTextAsync([attack], new() { Timeout = 15_000 });

            await dana.TakeNextAsync();
            await dana.SeesAsync(attack);
            await dana.NoteAsync(attack);
            await dana.SayAsync(attack);
            await dana.SeesAsync(attack, attack, attack);
            Assert.Equal([attack], await TextsOfAsync(dana, "#talk h1"));
            await Expect(dana.Side).ToContainTextAsync(attack);
            await dana.Composer.FillAsync("/attack");
            await Expect(dana.Page.Locator("#slash li").First).ToBeVisibleAsync();
            await dana.Composer.FillAsync("");
            foreach (var link in await dana.Page.Locator("#desk a").AllAsync())
            {
                Assert.StartsWith("http", await link.EvaluateAsync<string>("a => a.href"), StringComparison.Ordinal);
            }

            Assert.Equal(0, await dana.Page.Locator("main :is(img, script, iframe, style), main [onerror], main [onload], main [onmouseover]").CountAsync());
            await dana.ClickAsync("Hand over");
            await dana.Dialog.GetByLabel("To").SelectOptionAsync("d:billing");
            await dana.Dialog.GetByLabel("Note").FillAsync(attack);
            await dana.ConfirmAsync("Hand over");
            await Expect(dana.Toasts).ToContainTextAsync(attack);
            (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
            await dana.ClickAsync("Put it away");
        }

        await dana.ClickAsync("Menu");
        await dana.ClickAsync("Canned replies …");
        await Expect(dana.Dialog).ToContainTextAsync(Attacks[0]);
    }

    private static Task<string[]> TextsOfAsync(ConsoleOperator at, string selector) =>
        at.Page.EvaluateAsync<string[]>("selector => [...document.querySelectorAll(selector)].map(e => e.textContent)", selector);
}
