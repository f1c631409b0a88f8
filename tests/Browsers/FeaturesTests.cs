using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>The pages use nothing that the oldest supported browsers lack, by MDN's data on compatibility.</summary>
public sealed class FeaturesTests
{
    private static readonly string Tools = Path.Combine(ArchitectureTests.Root, "tests/Browsers/types");

    [Fact]
    public async Task The_oldest_supported_browsers_have_what_the_pages_use()
    {
        string[] files = [.. Directory.GetFiles(Path.Combine(ArchitectureTests.Root, "src/wwwroot"), "*.*", SearchOption.AllDirectories).Where(file => Path.GetExtension(file) is ".js" or ".css")];
        Assert.InRange(files.Length, 35, 100);

        var (code, output) = await NpmTools.RunAsync("features", files);

        Assert.True(code == 0, output);
    }

    [Theory]
    [InlineData("js", "Promise.try(() => 1)", "Promise.try")]
    [InlineData("js", "new CloseWatcher()", "new CloseWatcher")]
    [InlineData("js", "it.startViewTransition()", "it.startViewTransition")]
    [InlineData("js", "sheet.replaceSync(`a { interpolate-size: allow-keywords }`)", "interpolate-size")]
    [InlineData("css", "a { anchor-name: --a }", "anchor-name")]
    [InlineData("css", "a { width: calc-size(auto, size) }", "calc-size")]
    [InlineData("css", "a:open { color: red }", ":open")]
    [InlineData("js", "document.startViewTransition?.(); new URL(`a`); URL.canParse(`a`)", "")]
    [InlineData("css", "@supports (anchor-name: --a) { a { anchor-name: --a } } a { color: light-dark(red, blue) }", "")]
    public async Task And_what_they_lack_is_found_unless_it_is_guarded(string kind, string text, string found)
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.{kind}");
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);

        var (code, output) = await NpmTools.RunAsync("features", file);

        File.Delete(file);
        Assert.Equal(found.Length > 0 ? (1, $"{file}:1 {found}") : (0, ""), (code, output.Trim()));
    }

    [Fact]
    public async Task The_docs_say_which_those_are()
    {
        var oldest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Tools, "package.json"), TestContext.Current.CancellationToken))!["oldestBrowsers"]!;
        var docs = await File.ReadAllTextAsync(Path.Combine(ArchitectureTests.Root, "docs/widget.md"), TestContext.Current.CancellationToken);

        Assert.Contains($"Chrome and Edge {oldest["chrome"]}, Firefox {oldest["firefox"]}, Safari {oldest["safari"]}", docs, StringComparison.Ordinal);
    }
}
