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

    [Fact]
    public async Task And_what_they_lack_is_found_unless_it_is_guarded()
    {
        (string Kind, string Text, string Found)[] uses =
        [
            ("js", "Promise.try(() => 1)", "Promise.try"),
            ("js", "new CloseWatcher()", "new CloseWatcher"),
            ("js", "it.startViewTransition()", "it.startViewTransition"),
            ("js", "sheet.replaceSync(`a { interpolate-size: allow-keywords }`)", "interpolate-size"),
            ("css", "a { anchor-name: --a }", "anchor-name"),
            ("css", "a { width: calc-size(auto, size) }", "calc-size"),
            ("css", "a { --b: calc-size(auto, size) }", "calc-size"),
            ("css", "a:open { color: red }", ":open"),
            ("js", "document.startViewTransition?.(); new URL(`a`); URL.canParse(`a`)", ""),
            ("css", "@supports (anchor-name: --a) { a { anchor-name: --a } } a { color: light-dark(red, blue) }", ""),
        ];
        var folder = Directory.CreateTempSubdirectory("chat-features-");
        string[] files = [.. uses.Select((use, i) => Path.Combine(folder.FullName, $"{i}.{use.Kind}"))];
        foreach (var (file, use) in files.Zip(uses))
        {
            await File.WriteAllTextAsync(file, use.Text, TestContext.Current.CancellationToken);
        }

        var (code, output) = await NpmTools.RunAsync("features", files);

        folder.Delete(recursive: true);
        Assert.Equal(files.Zip(uses).Where(both => both.Second.Found.Length > 0).Select(both => $"{both.First}:1 {both.Second.Found}"), output.Trim().Split('\n'));
        Assert.Equal(1, code);
    }

    [Fact]
    public async Task The_docs_say_which_those_are()
    {
        var oldest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Tools, "package.json"), TestContext.Current.CancellationToken))!["oldestBrowsers"]!;
        var docs = await File.ReadAllTextAsync(Path.Combine(ArchitectureTests.Root, "docs/widget.md"), TestContext.Current.CancellationToken);

        Assert.Contains($"Chrome and Edge {oldest["chrome"]}, Firefox {oldest["firefox"]}, Safari {oldest["safari"]}", docs, StringComparison.Ordinal);
    }
}
