using System.Text.Json;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>The widget's functions that touch no page, by themselves.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetModulesTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>
{
    [Theory]
    [InlineData("nothing here", "nothing here")]
    [InlineData("see https://a.example/b.", "see |<https://a.example/b>|.")]
    [InlineData("(https://a.example/b_(c))", "(|<https://a.example/b_(c)>|)")]
    [InlineData("https://a.example/?q=(x", "<https://a.example/?q=(x>")]
    [InlineData("https://a.example https://b.example!", "<https://a.example>| |<https://b.example>|!")]
    [InlineData("HTTPS://A.EXAMPLE/x", "<HTTPS://A.EXAMPLE/x>")]
    [InlineData("https://", "https://")]
    [InlineData("https://user@a.example/", "https://user@a.example/")]
    [InlineData("https://:a.example@b.example/", "https://:a.example@b.example/")]
    [InlineData("https:///a@b.example https://a.example/@b", "https:///a@b.example |<https://a.example/@b>")]
    [InlineData("javascript:alert(1) ftp://a.example xhttps://a.example", "javascript:alert(1) ftp://a.example xhttps://a.example")]
    [InlineData("\"https://a.example/\"", "\"|<https://a.example/>|\"")]
    [InlineData("https://a.example/\u202Egpj.exe", "<https://a.example/>|\u202Egpj.exe")]
    [InlineData("見て https://a.example/。", "見て |<https://a.example/>|。")]
    public async Task Addresses_in_a_text(string text, string pieces) =>
        Assert.Equal(pieces, await RunAsync<string>("m => m.linkify(it).map(piece => piece.href ? `<${piece.text}>` : piece.text).join('|')", text));

    [Theory]
    [InlineData("1-0", "1-0", 0)]
    [InlineData("9-0", "10-0", -1)]
    [InlineData("5-10", "5-9", 1)]
    [InlineData("18446744073709551615-1", "18446744073709551615-0", 1)]
    public async Task Ids_in_order(string a, string b, int sign) => Assert.Equal(sign, await RunAsync<int>("m => Math.sign(m.compareIds(it[0], it[1]))", (string[])[a, b]));

    [Fact]
    public async Task Entries_that_come_twice_or_late_are_shown_once_and_in_order() =>
        Assert.Equal("1-0 2-0 10-0", await RunAsync<string>("m => m.merge([{id:'1-0'},{id:'10-0'}], [{id:'2-0'},{id:'10-0'},{id:'1-0'}]).map(entry => entry.id).join(' ')"));

    [Fact]
    public async Task What_has_come_back_under_its_id_need_not_be_sent() => Assert.Equal("b c", await RunAsync<string>(
        "m => m.stillUnsent([{clientMessageId:'a'},{clientMessageId:'b'},{clientMessageId:'c'}], [{sender:'visitor',clientMessageId:'a'},{sender:'operator',clientMessageId:'b'}]).map(item => item.clientMessageId).join(' ')"));

    [Fact]
    public async Task Each_day_has_a_separator_and_messages_of_one_sender_stand_together() => Assert.Equal(
        "day visitor visitor* operator operator day operator visitor!",
        await RunAsync<string>("""
            m => m.rows([['v', '10:00'], ['v', '10:01'], ['o', '10:02'], ['o', '10:40'], ['o', '10:41', 1], ['v', '10:42', 1]].map(([who, at, days = 0], i) => ({
              id: `${i + 1}-0`, sender: { v: 'visitor', o: 'operator' }[who], clientMessageId: null, sentAt: `2026-11-2${days + 1}T${at}:00` })), [])
              .map(row => (row.sender ?? 'day') + (row.follows ? '*' : '') + (row.isLast ? '!' : '')).join(' ')
            """));

    [Fact]
    public async Task Days_have_names() => Assert.Equal("heute|gestern|20.11.2026", await RunAsync<string>(
        "m => ['2026-11-22T00:05:00', '2026-11-21T23:55:00', '2026-11-20T12:00:00'].map(time => m.dayName(time, 'de', new Date('2026-11-22T08:00:00'))).join('|')"));

    [Fact]
    public void Every_language_has_every_text_and_the_same_places_in_it()
    {
        var folder = Path.Combine(ArchitectureTests.Root, "src/wwwroot/widget/locales");
        var texts = Directory.GetFiles(folder).ToDictionary(file => Path.GetFileNameWithoutExtension(file), file => JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file))!);

        Assert.Equal(["ar", "de", "en", "es", "ja"], texts.Keys.Order());
        Assert.All(texts, language => Assert.All(texts["en"], text =>
        {
            Assert.False(string.IsNullOrWhiteSpace(language.Value[text.Key]), $"{language.Key} {text.Key}");
            Assert.Equal(Places(text.Value), Places(language.Value[text.Key]));
        }));

        static IEnumerable<string> Places(string text) => text.Split('{').Skip(1).Select(part => part.Split('}')[0]).Order();
    }

    private async Task<T> RunAsync<T>(string function, object? it = null)
    {
        await using var reader = await chromium.OpenAsync();
        var widget = await desk.VisitAsync(reader);
        return await widget.Page.EvaluateAsync<T>($"async it => ({function})(await import('{desk.Nodes.Addresses[0]}widget/messages.js'))", it);
    }
}
