namespace Intotes.Chat.Tests.Browsers;

/// <summary>That a browser story cannot pass where its pages complained.</summary>
[Collection(nameof(ConsoleStories))]
public sealed class WatchedContextTests(Chromium chromium, ChatNodes nodes)
{
    [Theory]
    [InlineData("console.error('said')", "console: said")]
    [InlineData("setTimeout(() => { throw new Error('thrown') })", "uncaught: Error: thrown")]
    [InlineData("fetch('/health/live').catch(() => {})", "Content Security Policy")]
    [InlineData("document.body.append(Object.assign(document.createElement('a'), { href: 'http://192.0.2.1/', id: 'away' })); document.getElementById('away').click()", "another machine")]
    public async Task A_complaint_fails_the_test(string script, string complaint)
    {
        var reader = await chromium.OpenAsync();
        var page = await reader.NewPageAsync();
        await page.GotoAsync(new Uri(nodes.Addresses[0], "/health/live").ToString());

        await page.EvaluateAsync($"() => {{ {script} }}");
        while (!reader.Complaints.Any())
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Contains(complaint, reader.Complaints.First(), StringComparison.Ordinal);
        Assert.Empty(reader.Expecting("").Complaints);
        await reader.DisposeAsync();
    }
}
