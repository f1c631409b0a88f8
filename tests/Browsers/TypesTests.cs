namespace Intotes.Chat.Tests.Browsers;

/// <summary>The types of the pages, which their comments state (<c>// @ts-check</c>), by TypeScript's own compiler.</summary>
public sealed class TypesTests
{
    [Fact]
    public async Task The_pages_keep_to_the_types_that_they_state()
    {
        var (code, output) = await NpmTools.RunAsync("check");

        Assert.True(code == 0, output);
    }

    [Fact]
    public void Every_script_asks_to_be_checked()
    {
        var scripts = Directory.GetFiles(Path.Combine(ArchitectureTests.Root, "src/wwwroot"), "*.js", SearchOption.AllDirectories);

        Assert.All(scripts, script => Assert.StartsWith("// @ts-check", File.ReadAllText(script), StringComparison.Ordinal));
    }
}
