using System.Diagnostics;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>The types of the pages, which their comments state (<c>// @ts-check</c>), by TypeScript's own compiler.</summary>
public sealed class TypesTests
{
    private static readonly string Folder = Path.Combine(ArchitectureTests.Root, "tests/Browsers/types");

    [Fact]
    public async Task The_pages_keep_to_the_types_that_they_state()
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules/typescript")))
        {
            var (installed, log) = await RunAsync("npm", "ci");
            Assert.True(installed == 0, log);
        }

        var (code, output) = await RunAsync("npm", "run", "--silent", "check");

        Assert.True(code == 0, output);
    }

    [Fact]
    public void Every_script_asks_to_be_checked()
    {
        var scripts = Directory.GetFiles(Path.Combine(ArchitectureTests.Root, "src/wwwroot"), "*.js", SearchOption.AllDirectories);

        Assert.All(scripts, script => Assert.StartsWith("// @ts-check", File.ReadAllText(script), StringComparison.Ordinal));
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await errors);
    }
}
