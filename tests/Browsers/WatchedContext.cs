using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>
/// A browser profile that keeps what its pages complain of: errors on the console, which violations of a Content-Security-Policy are too, uncaught exceptions, and
/// requests to other machines. An event that the test did not announce fails it when the profile is closed.
/// </summary>
public sealed class WatchedContext : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> complaints = new();
    private readonly ConcurrentQueue<string> expected = new();

    public WatchedContext(IBrowserContext context)
    {
        Context = context;
        context.SetDefaultTimeout(30_000);
        context.Console += (_, message) => Note(message.Type == "error", $"console: {message.Text} ({message.Location})");
        context.WebError += (_, error) => Note(true, $"uncaught: {error.Error}");
        context.Request += (_, request) => Note(new Uri(request.Url) is { IsLoopback: false, Scheme: "http" or "https" or "ws" or "wss" }, $"request to another machine: {request.Url}");
    }

    public IBrowserContext Context { get; }

    /// <summary>What pages complained of so far, but for what was announced.</summary>
    public IEnumerable<string> Complaints => complaints.Where(complaint => !expected.Any(part => complaint.Contains(part, StringComparison.Ordinal)));

    public Task<IPage> NewPageAsync() => Context.NewPageAsync();

    /// <summary>Announces that pages will complain of this, such as <c>Failed to load resource</c>, which the browser itself says of each request that failed.</summary>
    public WatchedContext Expecting(string part)
    {
        expected.Enqueue(part);
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await Context.DisposeAsync();
        Assert.True(!Complaints.Any(), string.Join('\n', Complaints));
    }

    private void Note(bool isComplaint, string text)
    {
        if (isComplaint)
        {
            complaints.Enqueue(text);
        }
    }
}
