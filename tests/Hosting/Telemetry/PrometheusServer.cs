using System.Diagnostics;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <summary>A Prometheus of a test's own, which scrapes some nodes every second and evaluates the alert rules that are to be deployed.</summary>
public sealed class PrometheusServer : IAsyncDisposable
{
    private static readonly HttpClient Http = new();

    private readonly string directory = Directory.CreateTempSubdirectory("intotes-prometheus-").FullName;
    private readonly Uri address = new($"http://127.0.0.1:{RedisPort.Free()}");
    private readonly Process process;

    private PrometheusServer(IEnumerable<Uri> targets, IEnumerable<string> rules)
    {
        var file = Path.Combine(directory, "prometheus.yml");
        File.WriteAllText(
            file,
            $$"""
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: [{{string.Join(", ", rules)}}]
            scrape_configs:
              - job_name: intotes-chat
                static_configs: [{ targets: ["{{string.Join("\", \"", targets.Select(target => target.Authority))}}"] }]
            """);
        process = Tool("prometheus", $"--config.file={file}", $"--storage.tsdb.path={directory}/data", $"--web.listen-address={address.Authority}", "--log.level=error");
    }

    /// <summary>Starts it and returns once it answers.</summary>
    public static async Task<PrometheusServer> StartAsync(IEnumerable<Uri> targets, IEnumerable<string> rules)
    {
        var server = new PrometheusServer(targets, rules);
        await MeasuredTraffic.EventuallyAsync("Prometheus answers", async () =>
        {
            try
            {
                Assert.False(server.process.HasExited, "Prometheus has ended.");
                using var ready = await Http.GetAsync(new Uri(server.address, "/-/ready"));
                return ready.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        return server;
    }

    /// <summary>Runs promtool, which comes with it, and returns what it said once it has ended well.</summary>
    public static async Task<string> CheckAsync(params string[] arguments)
    {
        using var tool = Tool("promtool", arguments);
        var (output, errors) = (tool.StandardOutput.ReadToEndAsync(), tool.StandardError.ReadToEndAsync());
        await tool.WaitForExitAsync();
        Assert.True(tool.ExitCode == 0, $"promtool {string.Join(' ', arguments)}: {await output}{await errors}");
        return await output;
    }

    /// <summary>The value of each series of an instant query, by its instance.</summary>
    public async Task<IReadOnlyDictionary<string, double>> QueryAsync(string expression)
    {
        var answer = await GetAsync($"/api/v1/query?query={Uri.EscapeDataString(expression)}");
        return answer["result"]!.AsArray().ToDictionary(
            series => (string?)series!["metric"]!["instance"] ?? "", series => double.Parse((string)series!["value"]![1]!, System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>The rules as it sees them.</summary>
    public async Task<IReadOnlyList<JsonNode>> RulesAsync() =>
        [.. (await GetAsync("/api/v1/rules"))["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).Select(rule => rule!)];

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await Http.GetStringAsync(new Uri(address, path)))!["data"]!;

    /// <summary>A program of the package; <c>CHAT_TEST_PROMETHEUS</c> names the server, where it is not on PATH.</summary>
    private static Process Tool(string program, params IEnumerable<string> arguments)
    {
        var named = Environment.GetEnvironmentVariable("CHAT_TEST_PROMETHEUS") is { Length: > 0 } server ? Path.Combine(Path.GetDirectoryName(server)!, program) : program;
        try
        {
            return Process.Start(new ProcessStartInfo(named, arguments) { RedirectStandardInput = true, RedirectStandardOutput = program == "promtool", RedirectStandardError = program == "promtool" })!;
        }
        catch (System.ComponentModel.Win32Exception notFound)
        {
            throw new InvalidOperationException("There is no Prometheus: run ./test, which gets one, or name it in CHAT_TEST_PROMETHEUS.", notFound);
        }
    }
}
