using Microsoft.Playwright;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>Stories in a browser are told one after the other: each keeps a core busy by itself.</summary>
[CollectionDefinition(nameof(BrowserStories))]
public sealed class BrowserStories : ICollectionFixture<Chromium>;

/// <summary>The machine's own Chromium, without a screen, started once for all stories: the one that <c>CHAT_TEST_CHROMIUM</c> names, else the one on PATH.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    /// <summary>No sandbox, because tests may run as root; and nothing that asks anything of the world by itself.</summary>
    private static readonly string[] Arguments =
        ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

    private readonly List<DirectoryInfo> profiles = [];
    private IPlaywright? playwright;
    private IBrowser? browser;

    public async ValueTask InitializeAsync()
    {
        // Five seconds, as it is, are not enough on a busy machine.
        Assertions.SetDefaultExpectTimeout(30_000);
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Find(), Args = Arguments });
    }

    /// <summary>A browser profile of somebody's own, empty, in which nothing may go wrong unseen.</summary>
    public async Task<WatchedContext> OpenAsync(BrowserNewContextOptions? options = null) => new(await browser!.NewContextAsync(options));

    /// <summary>The same in a browser of its own, whose user has chosen these settings; the browser ends with the profile.</summary>
    /// <param name="preferences">The file <c>Preferences</c> of the profile, JSON.</param>
    public async Task<WatchedContext> OpenProfileAsync(string preferences)
    {
        var profile = Directory.CreateTempSubdirectory("chat-chromium-");
        profiles.Add(profile);
        await File.WriteAllTextAsync(Path.Combine(profile.CreateSubdirectory("Default").FullName, "Preferences"), preferences);
        return new(await playwright!.Chromium.LaunchPersistentContextAsync(profile.FullName, new() { ExecutablePath = Find(), Args = Arguments }));
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.DisposeAsync();
        }

        playwright?.Dispose();
        profiles.ForEach(profile => profile.Delete(recursive: true));
    }

    private static string Find() =>
        Environment.GetEnvironmentVariable("CHAT_TEST_CHROMIUM") is { Length: > 0 } named ? named
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException("The tests need a Chromium: install chromium, or name one in CHAT_TEST_CHROMIUM.");
}
