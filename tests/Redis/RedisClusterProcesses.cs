using System.Diagnostics;

namespace Intotes.Chat.Tests.Redis;

/// <summary>A Redis Cluster of a test's own: three primaries, each with a replica, as six redis-server processes.</summary>
public sealed class RedisClusterProcesses : IAsyncDisposable
{
    private const int Primaries = 3, ReplicasOfEach = 1;

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenChecks = TimeSpan.FromMilliseconds(50);

    private readonly List<RedisServerProcess> servers = [];

    private RedisClusterProcesses()
    {
    }

    /// <summary>The connection string for StackExchange.Redis; it finds the other servers from any that answers.</summary>
    public string Configuration => string.Join(',', servers.Select(server => server.Configuration));

    /// <summary>Starts the servers, joins them, and returns once each sees every slot served.</summary>
    /// <param name="nodeTimeoutMs">After so long (ms) a server that does not answer counts as failed.</param>
    public static async Task<RedisClusterProcesses> StartAsync(int nodeTimeoutMs = 5000)
    {
        var cluster = new RedisClusterProcesses();
        try
        {
            while (cluster.servers.Count < Primaries * (1 + ReplicasOfEach))
            {
                cluster.servers.Add(await RedisServerProcess.StartAsync(
                    "--appendonly", "no", "--cluster-enabled", "yes", "--cluster-port", $"{RedisPort.Free()}",
                    "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", $"{nodeTimeoutMs}", "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0"));
            }

            await CliAsync(["--cluster", "create", .. cluster.servers.Select(server => server.Configuration), "--cluster-replicas", $"{ReplicasOfEach}", "--cluster-yes"]);
            await cluster.UntilAllSeeItAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills a primary, and returns once its replica has taken its place and the whole cluster is served again.</summary>
    public async Task FailOverAsync()
    {
        await servers[0].KillAsync();
        var started = TimeProvider.System.GetTimestamp();
        var left = servers.Skip(1).ToList();
        while (!(await AskAllAsync(left, "cluster", "info")).All(said => said.Contains("cluster_state:ok", StringComparison.Ordinal))
            || (await AskAllAsync(left, "role")).Count(said => said.StartsWith("master", StringComparison.Ordinal)) < Primaries)
        {
            if (TimeProvider.System.GetElapsedTime(started) > ReadyWithin)
            {
                throw new InvalidOperationException($"No replica took over within {ReadyWithin}: {string.Join(' ', await AskAllAsync(left, "cluster", "nodes"))}");
            }

            await Task.Delay(BetweenChecks, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>One of the first primaries.</summary>
    public RedisServerProcess Primary(int number) => servers[number];

    /// <summary>From now on the slots that are left are served while others are not.</summary>
    public Task ServePartlyAsync() => AskAllAsync(servers, "config", "set", "cluster-require-full-coverage", "no");

    /// <summary>Kills all replicas, so that nobody takes over.</summary>
    public Task LoseReplicasAsync() => Task.WhenAll(servers.Skip(Primaries).Select(replica => replica.KillAsync()));

    /// <summary>Starts the one that was killed again; it becomes the replica of the one that took its place.</summary>
    public Task StartAgainAsync() => servers[0].StartAgainAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
    }

    private static Task<string[]> AskAllAsync(IEnumerable<RedisServerProcess> servers, params string[] question) =>
        Task.WhenAll(servers.Select(server => CliAsync(["-p", $"{server.Port}", .. question])));

    private async Task UntilAllSeeItAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        foreach (var server in servers)
        {
            while (!(await CliAsync(["-p", $"{server.Port}", "cluster", "info"])).Contains("cluster_state:ok", StringComparison.Ordinal))
            {
                if (TimeProvider.System.GetElapsedTime(started) > ReadyWithin)
                {
                    throw new InvalidOperationException($"The server on port {server.Port} does not see the cluster after {ReadyWithin}.");
                }

                await Task.Delay(BetweenChecks);
            }
        }
    }

    /// <summary>Runs redis-cli, which comes with redis-server, and returns what it says.</summary>
    private static async Task<string> CliAsync(IEnumerable<string> arguments)
    {
        using var cli = Process.Start(new ProcessStartInfo("redis-cli", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = cli.StandardOutput.ReadToEndAsync();
        var complained = cli.StandardError.ReadToEndAsync();
        await cli.WaitForExitAsync();
        return cli.ExitCode == 0 ? await said : throw new InvalidOperationException($"redis-cli failed: {await said}{await complained}");
    }
}
