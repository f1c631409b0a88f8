using System.Diagnostics;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>What the tests have from npm (<c>tests/Browsers/types</c>): it is installed once, where it is not yet.</summary>
public static class NpmTools
{
    private static readonly string Folder = Path.Combine(ArchitectureTests.Root, "tests/Browsers/types");
    private static readonly string[] Packages = ["typescript", "acorn", "css-tree", "@mdn/browser-compat-data", "@sparticuz/chromium"];
    private static readonly Lazy<Task> Installed = new(InstallAsync);

    /// <summary>Runs a script of the folder's <c>package.json</c>.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string script, params string[] arguments)
    {
        await Installed.Value;
        return await StartAsync("npm", Folder, ["run", "--silent", script, "--", .. arguments]);
    }

    /// <summary>Where the files of a package lie.</summary>
    public static async Task<string> PackageAsync(string name)
    {
        await Installed.Value;
        return Path.Combine(Folder, "node_modules", name);
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int Code, string Output)> StartAsync(string program, string folder, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await errors);
    }

    private static async Task InstallAsync()
    {
        if (!Packages.All(package => Directory.Exists(Path.Combine(Folder, "node_modules", package))))
        {
            var (code, log) = await StartAsync("npm", Folder, "ci");
            Assert.True(code == 0, log);
        }
    }
}
