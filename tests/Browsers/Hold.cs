using Microsoft.Playwright;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>Keeps a page's requests from going on until a test says so.</summary>
internal sealed class Hold
{
    private readonly TaskCompletionSource reached = new(), released = new();

    /// <summary>The first request is here.</summary>
    public Task Reached => reached.Task;

    public void Release() => released.TrySetResult();

    /// <summary>Sends it on then.</summary>
    public Task UntilReleasedAsync(IRoute route) => UntilReleasedAsync(() => route.ContinueAsync());

    /// <summary>Does something else then.</summary>
    public async Task UntilReleasedAsync(Func<Task> goOn)
    {
        reached.TrySetResult();
        await released.Task;
        await goOn();
    }
}
