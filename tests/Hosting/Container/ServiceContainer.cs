using System.Diagnostics;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Hosting.Container;

/// <summary>
/// The service's image, run as docs/operations.md says: not root, nothing of its root file system to be written, no capability. It is in this
/// host's network, so that it reaches whatever Redis the tests have.
/// </summary>
internal sealed class ServiceContainer : IAsyncDisposable
{
    private readonly string name = $"intotes-chat-{Guid.NewGuid():N}";

    private ServiceContainer()
    {
    }

    public Uri Address { get; } = new($"http://127.0.0.1:{RedisPort.Free()}");

    /// <summary>Starts it, and returns as soon as Docker has.</summary>
    public static async Task<ServiceContainer> StartAsync(string image, IReadOnlyDictionary<string, string> settings)
    {
        var container = new ServiceContainer();
        IEnumerable<string> environment = settings.Append(new("ASPNETCORE_URLS", $"{container.Address}")).SelectMany(setting => (string[])["--env", $"{setting.Key}={setting.Value}"]);
        await DockerAsync([
            "run", "--detach", "--name", container.name, "--network", "host", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL",
            "--security-opt", "no-new-privileges", "--health-interval", "1s", .. environment, image]);
        return container;
    }

    /// <summary>What Docker says of it: <c>State</c> and more.</summary>
    public async Task<JsonNode> InspectAsync() => JsonNode.Parse(await DockerAsync(["inspect", name]))![0]!;

    /// <summary>What it has logged.</summary>
    public Task<string> LogAsync() => DockerAsync(["logs", name]);

    /// <summary>Tells it to stop (SIGTERM), kills it if it has not within this time, and returns its exit code: 137 where it was killed.</summary>
    public async Task<int> StopAsync(TimeSpan within)
    {
        await DockerAsync(["stop", "-t", $"{within.TotalSeconds:0}", name]);
        return (int)(await InspectAsync())["State"]!["ExitCode"]!;
    }

    public async ValueTask DisposeAsync() => await DockerAsync(["rm", "--force", "--volumes", name]);

    private static async Task<string> DockerAsync(IEnumerable<string> arguments)
    {
        using var docker = Process.Start(new ProcessStartInfo("docker", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (docker.StandardOutput.ReadToEndAsync(), docker.StandardError.ReadToEndAsync());
        await docker.WaitForExitAsync();
        return docker.ExitCode == 0 ? await output + (arguments.First() == "logs" ? await error : "") : throw new InvalidOperationException($"docker {arguments.First()}: {await error}");
    }
}
