using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Browsers.Widget;

/// <summary>The widget's files as visitors get them, packed by the build, mean what their sources mean.</summary>
[Collection(nameof(WidgetStories))]
public sealed class WidgetPackingTests(Chromium chromium, WidgetNodes desk) : IClassFixture<WidgetNodes>, IDisposable
{
    private static readonly string Root = Path.Combine(ArchitectureTests.Root, "src");
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("chat-widget-");

    [Fact]
    public async Task Scripts_are_the_same_but_for_white_space_and_comments_literals_to_the_letter()
    {
        var files = new List<string>();
        foreach (var source in Sources("*.js"))
        {
            var packed = Path.Combine(folder.FullName, $"{files.Count}.js");
            await File.WriteAllTextAsync(packed, await ServedAsync(source), TestContext.Current.CancellationToken);
            files.AddRange([source, packed]);
        }

        Assert.InRange(files.Count, 10, 40);
        var (code, output) = await NpmTools.RunAsync("compare", [.. files]);
        Assert.True(code == 0, output);
    }

    [Theory]
    [InlineData("`${a}: b`", "`${a}:b`")]
    [InlineData("\"a = b\"", "\"a=b\"")]
    [InlineData("/a, b/", "/a,b/")]
    [InlineData("a ? b : c", "a ? b + c : d")]
    public async Task And_the_comparison_finds_what_differs(string source, string packed)
    {
        var (one, other) = (Path.Combine(folder.FullName, "one.js"), Path.Combine(folder.FullName, "other.js"));
        await File.WriteAllTextAsync(one, source, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(other, packed, TestContext.Current.CancellationToken);

        var (code, output) = await NpmTools.RunAsync("compare", one, other);

        Assert.Equal(1, code);
        Assert.Contains("other.js says", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_style_has_the_same_rules()
    {
        await using var visitor = await chromium.OpenAsync();
        var page = (await desk.VisitAsync(visitor)).Page;
        foreach (var source in Sources("*.css"))
        {
            var (before, after) = (await RulesAsync(await File.ReadAllTextAsync(source, TestContext.Current.CancellationToken)), await RulesAsync(await ServedAsync(source)));
            Assert.InRange(before.Length, 50, 500);
            Assert.Equal(before, after);
        }

        // Custom properties and conditions keep their spaces as they were written.
        Task<string[]> RulesAsync(string style) => page.EvaluateAsync<string[]>(
            "style => { const sheet = new CSSStyleSheet(); sheet.replaceSync(style); return [...sheet.cssRules].map(rule => rule.cssText.replace(/([,:])\\s+/g, '$1')); }", style);
    }

    [Fact]
    public async Task Every_language_has_the_same_texts()
    {
        foreach (var source in Sources("*.json"))
        {
            var text = await File.ReadAllTextAsync(source, TestContext.Current.CancellationToken);
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(text), JsonNode.Parse(await ServedAsync(source))), source);
        }
    }

    [Fact]
    public async Task It_is_packed_again_when_a_file_is_other_or_gone_on_either_side_and_not_for_nothing()
    {
        foreach (var file in Sources("*").Append(Path.Combine(Root, "Widget.targets")))
        {
            var copy = new FileInfo(Path.Combine(folder.FullName, Path.GetRelativePath(Root, file)));
            copy.Directory!.Create();
            File.Copy(file, copy.FullName);
        }

        await File.WriteAllTextAsync(
            Path.Combine(folder.FullName, "widget.proj"),
            """<Project><PropertyGroup><IntermediateOutputPath>obj/</IntermediateOutputPath></PropertyGroup><Import Project="Widget.targets" /></Project>""",
            TestContext.Current.CancellationToken);

        var packed = await PackAsync();
        Assert.Contains("de.json", packed.Select(file => file.Name));
        Assert.Equal(packed.Select(file => file.LastWriteTimeUtc), (await PackAsync()).Select(file => file.LastWriteTimeUtc));

        var script = packed.Single(file => file.Name == "widget.js");
        script.Delete();
        Assert.Equal(packed.Select(file => file.Name), (await PackAsync()).Select(file => file.Name));

        // As a tool may write it that keeps a file's time: older than what was made of the former.
        var source = Path.Combine(folder.FullName, "wwwroot/widget.js");
        await File.AppendAllTextAsync(source, "window.isOther = 1;", TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(source, DateTime.UnixEpoch);
        await PackAsync();
        Assert.EndsWith("window.isOther=1;", (await File.ReadAllTextAsync(script.FullName, TestContext.Current.CancellationToken)).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);

        File.Delete(Path.Combine(folder.FullName, "wwwroot/widget/locales/de.json"));
        Assert.Equal(packed.Select(file => file.Name).Where(name => name != "de.json"), (await PackAsync()).Select(file => file.Name));
    }

    public void Dispose() => folder.Delete(recursive: true);

    private async Task<FileInfo[]> PackAsync()
    {
        var (code, output) = await NpmTools.StartAsync("dotnet", folder.FullName, "msbuild", "widget.proj", "-t:PackWidgetFiles", "-nologo", "-nodeReuse:false");
        Assert.True(code == 0, output);
        return [.. new DirectoryInfo(Path.Combine(folder.FullName, "obj/widget")).GetFiles("*", SearchOption.AllDirectories).OrderBy(file => file.FullName, StringComparer.Ordinal)];
    }

    private static string[] Sources(string pattern) =>
        [.. Directory.GetFiles(Path.Combine(Root, "wwwroot"), pattern, SearchOption.AllDirectories).Where(file => file.Contains("/wwwroot/widget", StringComparison.Ordinal))];

    private async Task<string> ServedAsync(string source)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri(desk.Nodes.Addresses[0], Path.GetRelativePath(Path.Combine(Root, "wwwroot"), source)), TestContext.Current.CancellationToken);
    }
}
