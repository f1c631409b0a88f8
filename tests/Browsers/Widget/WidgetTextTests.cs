using System.Net;
using System.Text.Json;
using Intotes.Chat.Tests.Features.Messages;
using static Microsoft.Playwright.Assertions;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>All that visitors and operators write appears as text, and none of it runs.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetTextTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    private static readonly string[] Attacks =
    [
        "<script>window.hit = 1</script>", "<img src=x onerror=\"window.hit = 1\">", "<svg onload=\"window.hit = 1\">", "\"><script>window.hit = 1</script>",
        "javascript:window.hit=1", "<a href=\"javascript:window.hit=1\">here</a>", "http://x.example/\" onmouseover=\"window.hit=1", "data:text/html,<script>window.hit=1</script>",
        "https://x.example/<img src=x onerror=window.hit=1>", "<iframe srcdoc=\"<script>parent.hit=1</script>\"></iframe>", "{{constructor.constructor('window.hit=1')()}}",
        "${window.hit = 1}", "<template><slot></template><style>*{display:none}</style>", "</bdi></p></li></ol><h1>Shop closed</h1>", "<math><mtext><img src=x onerror=window.hit=1>",
        "vbscript:window.hit", "https://user:pass@evil.example/", "https://good.example\u202E/evil", "<object data=\"javascript:window.hit=1\">", "&lt;script&gt;", "<base href=\"//evil.example\">",
    ];

    private static readonly string[] Naughty =
        JsonSerializer.Deserialize<string[]>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "naughty-strings.json")))!;

    [Fact]
    public async Task From_the_visitor_each_string_appears_as_text_without_what_cannot_be_sent()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        var sent = Attacks.Concat(Naughty).ToArray();

        await widget.Field.EvaluateAsync("(field, texts) => texts.forEach(text => { field.value = text; field.form.requestSubmit(); })", sent);

        var stored = sent.Select(Sendable).Where(text => text.Length > 0).ToArray();
        Assert.InRange(stored.Length, 500, sent.Length - 1);
        Assert.Equal(stored, stored.Select(ContractText.Stored));
        await Expect(widget.Panel.Locator("li.visitor:not(.failed)", new() { HasNotText = "Sending" })).ToHaveCountAsync(stored.Length, new() { Timeout = 120_000 });
        Assert.Equal(stored, await TextsAsync(widget, "li.visitor"));
        Assert.Equal(stored, await widget.HistoryAsync());
        await NothingHappenedAsync(widget);
    }

    [Fact]
    public async Task From_the_operator_each_string_appears_as_text()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("Hello");
        var (dana, session) = await desk.AnswerAsync(widget, "<img src=x onerror=window.hit=1>");
        await Expect(widget.Title).ToHaveTextAsync("<img src=x onerror=window.hit=1>");
        var stored = new List<string>();
        foreach (var text in Attacks.Concat(Naughty))
        {
            if ((await dana.SayAsync(text, session)).Status == HttpStatusCode.Created)
            {
                stored.Add(ContractText.Stored(text)!);
            }
        }

        await Expect(widget.Said("operator")).ToHaveCountAsync(stored.Count, new() { Timeout = 120_000 });
        Assert.InRange(stored.Count, 500, Attacks.Length + Naughty.Length - 1);
        Assert.Equal(stored, await TextsAsync(widget, "li.operator"));
        await NothingHappenedAsync(widget);
    }

    [Fact]
    public async Task Addresses_become_links_that_show_where_they_lead()
    {
        await using var visitor = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(visitor);
        await widget.OpenAsync();
        await widget.SaidAsync("See https://example.com/a_(b)?c=1#d, or (http://example.org/x). Not ftp://example.com, www.example.com or https://me@example.net/");

        var links = await widget.Panel.Locator("li a").EvaluateAllAsync<string[]>("links => links.map(a => [a.textContent, a.getAttribute('href'), a.target, a.rel].join(' '))");

        Assert.Equal(
            [
                "https://example.com/a_(b)?c=1#d https://example.com/a_(b)?c=1#d _blank noopener noreferrer nofollow",
                "http://example.org/x http://example.org/x _blank noopener noreferrer nofollow",
            ],
            links);
    }

    /// <summary>Newlines of every kind are one, what the contract refuses is gone, and so is white space at both ends.</summary>
    private static string Sendable(string text)
    {
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Select(c => c is '\r' or '\v' or '\f' or '\u0085' ? '\n' : c);
        return string.Concat(lines.Where(c => !ContractText.RefusedControls.Contains(c))).Trim([.. ContractText.WhiteSpace, '\uFEFF']);
    }

    private static Task<string[]> TextsAsync(WidgetWindow widget, string rows) =>
        widget.Panel.EvaluateAsync<string[]>("(panel, rows) => [...panel.querySelectorAll(rows)].map(row => row.querySelector('p').textContent)", rows);

    /// <summary>No script ran, no element came to be but the widget's own, and every link leads to the web.</summary>
    private static async Task NothingHappenedAsync(WidgetWindow widget)
    {
        Assert.False(await widget.Panel.EvaluateAsync<bool>("() => 'hit' in window || 'hit' in parent"));
        Assert.Equal(["A", "BDI", "BUTTON", "DIV", "LI", "OL", "P", "SPAN", "TIME"], await widget.Panel.Locator(".scroll").EvaluateAsync<string[]>(
            "log => [...new Set([...log.querySelectorAll('*')].map(element => element.tagName))].sort()"));
        Assert.All(
            await widget.Panel.Locator(".scroll a").EvaluateAllAsync<string[]>("links => links.map(link => link.protocol + link.username)"),
            link => Assert.Contains(link, (string[])["http:", "https:"]));
    }
}
