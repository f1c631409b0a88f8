using System.IO.Compression;
using Microsoft.Playwright;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>A Chromium of spring 2023 from npm, older than the oldest supported browsers: without <c>light-dark()</c>, <c>URL.canParse</c> and <c>AbortSignal.any</c>.</summary>
public sealed class OldChromium : IAsyncLifetime
{
    public const int Version = 112;

    private IPlaywright? playwright;
    private IBrowser? browser;

    public async ValueTask InitializeAsync()
    {
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = await UnpackAsync(), Args = ["--no-sandbox", "--disable-gpu", "--disable-component-update"] });
        Assert.StartsWith($"{Version}.", browser.Version, StringComparison.Ordinal);
    }

    public async Task<WatchedContext> OpenAsync() => new(await browser!.NewContextAsync());

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.DisposeAsync();
        }

        playwright?.Dispose();
    }

    /// <summary>The package holds it compressed. It is unpacked beside that once, under another name first, so that no half of it is ever run.</summary>
    private static async Task<string> UnpackAsync()
    {
        var folder = Path.Combine(await NpmTools.PackageAsync("@sparticuz/chromium"), "bin");
        var target = Path.Combine(folder, "chromium");
        if (!File.Exists(target))
        {
            var part = Path.Combine(folder, $"{Guid.NewGuid():N}.part");
            await using (var packed = new BrotliStream(File.OpenRead(Path.Combine(folder, "chromium.br")), CompressionMode.Decompress))
            await using (var unpacked = new FileStream(part, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write }))
            {
                await packed.CopyToAsync(unpacked, TestContext.Current.CancellationToken);
            }

            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(part, (UnixFileMode)0b111_101_101);
            }

            File.Move(part, target, overwrite: true);
        }

        return target;
    }
}
