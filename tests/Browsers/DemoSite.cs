using System.Diagnostics;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Browsers;

/// <summary>The demo platform as its own process, beside two nodes over a Redis of their own: they know each other as <c>./run</c> makes them.</summary>
public sealed class DemoSite : IAsyncLifetime
{
    private readonly int port = RedisPort.Free();
    private RedisServerProcess? redis;
    private ChatNodes? nodes;
    private Process? site;

    public Uri Address => new($"http://127.0.0.1:{port}");

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        nodes = await ChatNodes.StartAsync(redis.Configuration, 2, new Dictionary<string, string>
        {
            ["Chat:AllowedOrigins:0"] = Address.GetLeftPart(UriPartial.Authority),
            ["Platform:BaseUrl"] = new Uri(Address, "/api").ToString(),
            ["Platform:ApiKey"] = "intotes-development-platform-key",
        });
        var folder = Path.Combine(ArchitectureTests.Root, "samples/DemoPlatform");
        var built = Path.GetRelativePath(Path.Combine(ArchitectureTests.Root, "tests"), AppContext.BaseDirectory);
        site = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(folder, built, "DemoPlatform.dll"), "--urls", $"{Address}"])
        {
            WorkingDirectory = folder,
            Environment = { ["Chat__BaseUrl"] = nodes.Addresses[0].GetLeftPart(UriPartial.Authority) },
        })!;
        using var http = new HttpClient();
        for (var i = 0; ; i++)
        {
            try
            {
                await http.GetStringAsync(Address);
                return;
            }
            catch (HttpRequestException) when (i < 1_000 && !site.HasExited)
            {
                await Task.Delay(20);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        site?.Kill(entireProcessTree: true);
        site?.Dispose();
        await using var second = redis;
        await using var first = nodes;
    }
}
