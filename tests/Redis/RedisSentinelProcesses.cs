using System.Diagnostics;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Redis;

/// <summary>A primary and two replicas, watched by three Sentinels, as redis-server processes of a test's own.</summary>
public sealed class RedisSentinelProcesses : IAsyncDisposable
{
    private const string Service = "chat";
    private static readonly TimeSpan BetweenChecks = TimeSpan.FromMilliseconds(50);

    /// <summary>A primary that its replicas have left takes no more writes.</summary>
    private static readonly string[] AsReadmeSays = ["--min-replicas-to-write", "1", "--min-replicas-max-lag", "2"];

    private readonly List<RedisServerProcess> servers = [];
    private readonly List<(Process Process, int Port)> sentinels = [];
    private readonly string directory = Directory.CreateTempSubdirectory("intotes-sentinel-").FullName;

    private RedisSentinelProcesses()
    {
    }

    /// <summary>The connection string for StackExchange.Redis: the Sentinels, who know the primary. They have their default user only.</summary>
    public string Configuration =>
        $"{string.Join(',', sentinels.Select(sentinel => $"127.0.0.1:{sentinel.Port}"))},serviceName={Service},sentinelUser=default,sentinelPassword=none";

    /// <summary>The first primary.</summary>
    public RedisServerProcess Primary => servers[0];

    /// <summary>Starts all, and returns once the Sentinels know each other and the replicas.</summary>
    public static async Task<RedisSentinelProcesses> StartAsync()
    {
        var processes = new RedisSentinelProcesses();
        try
        {
            processes.servers.Add(await RedisServerProcess.StartAsync(AsReadmeSays));
            for (var n = 0; n < 2; n++)
            {
                processes.servers.Add(await RedisServerProcess.StartAsync(["--replicaof", "127.0.0.1", $"{processes.Primary.Port}", .. AsReadmeSays]));
            }

            for (var n = 0; n < 3; n++)
            {
                processes.sentinels.Add(await processes.StartSentinelAsync());
            }

            await processes.UntilAllKnowAllAsync();
            return processes;
        }
        catch
        {
            await processes.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills all Sentinels.</summary>
    public async Task LoseSentinelsAsync()
    {
        foreach (var (sentinel, _) in sentinels)
        {
            sentinel.Kill();
            await sentinel.WaitForExitAsync();
        }
    }

    /// <summary>Starts them again on the same ports, with what they knew.</summary>
    public async Task StartSentinelsAgainAsync()
    {
        for (var n = 0; n < sentinels.Count; n++)
        {
            var (former, port) = sentinels[n];
            former.Dispose();
            sentinels[n] = (await LaunchSentinelAsync(port), port);
        }
    }

    /// <summary>From now on so many Sentinels, the first of the connection string, take another server for the primary.</summary>
    public async Task MisleadAsync(int count, RedisServerProcess other)
    {
        foreach (var (_, port) in sentinels.Take(count))
        {
            await using var admin = await AdminOfAsync(port);
            var sentinel = admin.GetServers()[0];
            await sentinel.ExecuteAsync("SENTINEL", "REMOVE", Service);
            await sentinel.ExecuteAsync("SENTINEL", "MONITOR", Service, "127.0.0.1", other.Port, 2);
        }
    }

    /// <summary>What the Sentinels wrote down of late, to tell why they did not do what was expected.</summary>
    public async Task<string> LogsAsync()
    {
        var logs = await Task.WhenAll(sentinels.Select(sentinel => File.ReadAllLinesAsync(Path.Combine(directory, $"{sentinel.Port}.log"))));
        return string.Join('\n', logs.SelectMany(lines => lines.TakeLast(40)));
    }

    public async ValueTask DisposeAsync()
    {
        await LoseSentinelsAsync();
        sentinels.ForEach(sentinel => sentinel.Process.Dispose());

        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }

        Directory.Delete(directory, recursive: true);
    }

    private async Task<(Process Process, int Port)> StartSentinelAsync()
    {
        var port = RedisPort.Free();
        var file = Path.Combine(directory, $"{port}.conf");
        await File.WriteAllTextAsync(file, $"""
            port {port}
            bind 127.0.0.1
            dir {directory}
            logfile {port}.log
            sentinel monitor {Service} 127.0.0.1 {Primary.Port} 2
            sentinel down-after-milliseconds {Service} 1500
            sentinel failover-timeout {Service} 5000
            sentinel parallel-syncs {Service} 2

            """);
        return (await LaunchSentinelAsync(port), port);
    }

    private async Task<Process> LaunchSentinelAsync(int port)
    {
        var process = Process.Start(new ProcessStartInfo("redis-server", [Path.Combine(directory, $"{port}.conf"), "--sentinel"]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        while (!await RedisPort.AnswersAsync(port, isEncrypted: false))
        {
            await Task.Delay(BetweenChecks, TestContext.Current.CancellationToken);
        }

        return process;
    }

    private static Task<ConnectionMultiplexer> AdminOfAsync(int sentinel) => ConnectionMultiplexer.ConnectAsync(
        new ConfigurationOptions { EndPoints = { { "127.0.0.1", sentinel } }, CommandMap = CommandMap.Sentinel, TieBreaker = "", AllowAdmin = true });

    private async Task UntilAllKnowAllAsync()
    {
        foreach (var (_, port) in sentinels)
        {
            await using var admin = await AdminOfAsync(port);
            while (true)
            {
                var known = (await admin.GetServers()[0].SentinelMasterAsync(Service)).ToDictionary(pair => pair.Key, pair => pair.Value);
                if (known["num-slaves"] == "2" && known["num-other-sentinels"] == "2")
                {
                    break;
                }

                await Task.Delay(BetweenChecks, TestContext.Current.CancellationToken);
            }
        }
    }
}
