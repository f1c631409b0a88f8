using System.ComponentModel;
using System.Diagnostics;

namespace Intotes.Chat.Tests.Redis;

/// <summary>
/// A redis-server of a test's own, in a directory of its own: for the stalls, crashes and restarts that no shared server may suffer.
/// Its append-only file is on and its snapshots are off; <c>everysec</c> holds unless the arguments say otherwise. It knows the service's user.
/// </summary>
public sealed class RedisServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan BetweenChecks = TimeSpan.FromMilliseconds(10);

    private readonly string[] arguments;
    private readonly bool isEncrypted;
    private Process process;

    private RedisServerProcess(int port, string[] extra, bool isEncrypted)
    {
        (Port, this.isEncrypted) = (port, isEncrypted);
        DataDirectory = Directory.CreateTempSubdirectory("intotes-redis-").FullName;
        arguments =
        [
            isEncrypted ? "--tls-port" : "--port", $"{port}", "--bind", "127.0.0.1", "--appendonly", "yes", "--save", "",
            "--logfile", "redis.log", "--pidfile", Path.Combine(DataDirectory, "redis.pid"), .. ServiceUser.ServerArguments, .. extra,
        ];
        process = Launch();
    }

    public int Port { get; }

    /// <summary>Of the server that runs now.</summary>
    public int ProcessId => process.Id;

    /// <summary>Where the append-only file and redis.log are; deleted on dispose.</summary>
    public string DataDirectory { get; }

    /// <summary>The connection string for StackExchange.Redis.</summary>
    public string Configuration => $"127.0.0.1:{Port}{(isEncrypted ? ",ssl=true" : "")}";

    /// <summary>Starts a server with these further arguments (the last of a name counts) and returns once it answers.</summary>
    public static Task<RedisServerProcess> StartAsync(params string[] arguments) => StartAsync(arguments, isEncrypted: false);

    /// <summary>Starts a server that speaks TLS only, and asks no certificate of its clients.</summary>
    public static Task<RedisServerProcess> StartEncryptedAsync(string certificateFile, string keyFile) =>
        StartAsync(["--port", "0", "--tls-auth-clients", "no", "--tls-cert-file", certificateFile, "--tls-key-file", keyFile], isEncrypted: true);

    private static async Task<RedisServerProcess> StartAsync(string[] arguments, bool isEncrypted)
    {
        var server = new RedisServerProcess(RedisPort.Free(), arguments, isEncrypted);
        try
        {
            await server.UntilItAnswersAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stalls the server: connections stay open and nothing is answered, as when a host freezes.</summary>
    public async Task PauseAsync()
    {
        await SignalAsync("STOP");
        while (OperatingSystem.IsLinux() && !await IsStoppedAsync())
        {
            await Task.Delay(BetweenChecks);
        }
    }

    /// <summary>Ends the stall; what clients sent meanwhile is then answered.</summary>
    public Task ResumeAsync() => SignalAsync("CONT");

    /// <summary>Kills the server with no chance to write or to say goodbye; it is gone when this returns.</summary>
    public async Task KillAsync()
    {
        // With what it forked: one that still rewrites the append-only file would leave new files in a directory that is just deleted.
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
    }

    /// <summary>Starts a killed server on the same port with the same data, and returns once that is loaded.</summary>
    public async Task StartAgainAsync()
    {
        if (!process.HasExited)
        {
            throw new InvalidOperationException("Kill the server before starting it again.");
        }

        process.Dispose();
        process = Launch();
        await UntilItAnswersAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        process.Dispose();
        Directory.Delete(DataDirectory, recursive: true);
    }

    private Process Launch()
    {
        // Its own pipes, not those of the tests: a pipe that a child holds open keeps its reader waiting.
        var start = new ProcessStartInfo("redis-server", arguments)
        {
            WorkingDirectory = DataDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception notFound)
        {
            Directory.Delete(DataDirectory, recursive: true);
            throw new InvalidOperationException("There is no redis-server on PATH.", notFound);
        }
    }

    private async Task UntilItAnswersAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await RedisPort.AnswersAsync(Port, isEncrypted))
        {
            if (process.HasExited || TimeProvider.System.GetElapsedTime(started) > ReadyWithin)
            {
                var log = new FileInfo(Path.Combine(DataDirectory, "redis.log"));
                throw new InvalidOperationException(
                    $"redis-server does not answer on port {Port}. {(log.Exists ? await File.ReadAllTextAsync(log.FullName) : "It has no log.")}");
            }

            await Task.Delay(BetweenChecks);
        }
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{signal} {process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>A signal is on its way when kill returns; the process is stopped once the kernel says T (proc_pid_stat(5)).</summary>
    private async Task<bool> IsStoppedAsync()
    {
        var stat = await File.ReadAllTextAsync($"/proc/{process.Id}/stat");
        return stat[stat.LastIndexOf(')') + 2] == 'T';
    }
}
