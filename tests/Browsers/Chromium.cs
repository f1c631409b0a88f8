using Microsoft.Playwright;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>The stories of the widget run one after the other, beside those of the console.</summary>
[CollectionDefinition(nameof(WidgetStories))]
public sealed class WidgetStories : ICollectionFixture<Chromium>;

/// <summary>The stories of the console and of the other pages.</summary>
[CollectionDefinition(nameof(ConsoleStories))]
public sealed class ConsoleStories : ICollectionFixture<Chromium>;

/// <summary>
/// A Chromium of the machine, started once for a collection: the one that <c>CHAT_TEST_CHROMIUM</c> names, else the one on PATH. Where there is one, it is the headless
/// shell, which takes half the processor time; except where a test needs what only the whole browser has.
/// </summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Whole = ["chromium", "chromium-browser", "google-chrome"], Any = ["chromium-headless-shell", .. Whole];

    /// <summary>No sandbox, because tests may run as root; and nothing that asks anything of the world by itself.</summary>
    private static readonly string[] Arguments =
        ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

    private readonly List<DirectoryInfo> profiles = [];
    private IPlaywright? playwright;
    private IBrowser? browser, whole;

    public async ValueTask InitializeAsync()
    {
        // Five seconds, as it is, are not enough on a busy machine.
        Assertions.SetDefaultExpectTimeout(30_000);
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Find(Any), Args = Arguments });
    }

    /// <summary>A browser profile of somebody's own, empty, in which nothing may go wrong unseen.</summary>
    public async Task<WatchedContext> OpenAsync(BrowserNewContextOptions? options = null) => new(await browser!.NewContextAsync(options));

    /// <summary>The same in a whole browser, which grants permissions.</summary>
    public async Task<WatchedContext> OpenWholeAsync() =>
        new(await (whole ??= await playwright!.Chromium.LaunchAsync(new() { ExecutablePath = Find(Whole), Args = Arguments })).NewContextAsync());

    /// <summary>The same in a whole browser of its own, whose user has chosen these settings; the browser ends with the profile.</summary>
    /// <param name="preferences">The file <c>Preferences</c> of the profile, JSON.</param>
    public async Task<WatchedContext> OpenProfileAsync(string preferences)
    {
        var profile = Directory.CreateTempSubdirectory("chat-chromium-");
        profiles.Add(profile);
        await File.WriteAllTextAsync(Path.Combine(profile.CreateSubdirectory("Default").FullName, "Preferences"), preferences);
        return new(await playwright!.Chromium.LaunchPersistentContextAsync(profile.FullName, new() { ExecutablePath = Find(Whole), Args = Arguments }));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var started in new[] { browser, whole }.OfType<IBrowser>())
        {
            await started.DisposeAsync();
        }

        playwright?.Dispose();
        profiles.ForEach(profile => profile.Delete(recursive: true));
    }

    private static string Find(string[] names) =>
        Environment.GetEnvironmentVariable("CHAT_TEST_CHROMIUM") is { Length: > 0 } named ? named
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException("The tests need a Chromium: install chromium, or name one in CHAT_TEST_CHROMIUM.");
}
