using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Intotes.Chat.Storage;

/// <summary>A setting or the machine lacks something that the service needs to start. The message is one sentence for the person who starts it.</summary>
public sealed class CannotStartException(string message) : Exception(message);

/// <summary>
/// For a first look, without any set-up: a redis-server of this process alone, on a free loopback port, with its append-only file in a
/// folder, stopped with the process. The folder is locked, so two services never share one by accident; a server that a killed
/// service left behind is ended first.
/// </summary>
public sealed partial class PrivateRedis(IHostEnvironment environment, ILogger<PrivateRedis> logger)
{
    private Process? server;
    private FileStream? folderLock;

    /// <summary>Starts it and returns its connection string.</summary>
    /// <exception cref="CannotStartException">Not in Development, no redis-server on PATH, or the folder is in use.</exception>
    public async Task<string> StartAsync(string directory, CancellationToken ct)
    {
        if (!environment.IsDevelopment())
        {
            throw new CannotStartException("Redis__Configuration is empty: set it to the connection string of your Redis, such as \"redis.internal:6379\".");
        }

        var folder = Create(directory);
        folderLock = Lock(folder);
        await EndLeftoverAsync(folder, ct);

        var port = FreePort();
        server = Launch(folder, port);
        await File.WriteAllTextAsync(Path.Combine(folder, "pid"), server.Id.ToString(CultureInfo.InvariantCulture), ct);
        await WaitUntilItListensAsync(server, port, ct);
        Log.Started(logger, port, folder);
        return $"127.0.0.1:{port}";
    }

    /// <summary>Stops it as a person would, by SIGTERM: it writes what it holds to its file and ends.</summary>
    public async Task StopAsync()
    {
        if (server is { HasExited: false })
        {
            await EndAsync(server, CancellationToken.None);
        }

        server?.Dispose();
        server = null;
        folderLock?.Dispose();
    }

    private static string Create(string directory)
    {
        try
        {
            return Directory.CreateDirectory(directory).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CannotStartException($"Redis__DataDirectory must be a folder that can be written to, which {directory} is not.");
        }
    }

    private static FileStream Lock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new CannotStartException($"Another service already keeps its data in {folder}: stop it, or set Redis__DataDirectory or Redis__Configuration.");
        }
    }

    private static Process Launch(string folder, int port)
    {
        string[] arguments =
        [
            "--bind", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--dir", folder, "--appendonly", "yes",
            "--save", "", "--maxmemory-policy", "noeviction", "--logfile", Path.Combine(folder, "redis.log"),
        ];
        try
        {
            return Process.Start("redis-server", arguments);
        }
        catch (Win32Exception)
        {
            throw new CannotStartException("redis-server was not found on PATH: install it (Debian, Ubuntu: apt-get install redis-server), or set Redis__Configuration.");
        }
    }

    /// <summary>A service that was killed could not stop its server, which would write to the same file as ours.</summary>
    private static async Task EndLeftoverAsync(string folder, CancellationToken ct)
    {
        var pidFile = Path.Combine(folder, "pid");
        if (!File.Exists(pidFile) || !int.TryParse(await File.ReadAllTextAsync(pidFile, ct), CultureInfo.InvariantCulture, out var pid))
        {
            return;
        }

        try
        {
            using var leftover = Process.GetProcessById(pid);
            if (IsServerOf(folder, leftover))
            {
                await EndAsync(leftover, ct);
            }
        }
        catch (ArgumentException)
        {
            // No process has that id any more.
        }
    }

    /// <summary>
    /// The id may be another process's by now, so only a redis-server that works in this folder counts. It rewrites its command line, which
    /// then reads "redis-server 127.0.0.1:port".
    /// </summary>
    private static bool IsServerOf(string folder, Process process) =>
        process.ProcessName.StartsWith("redis-server", StringComparison.Ordinal)
        && (!OperatingSystem.IsLinux() || new FileInfo($"/proc/{process.Id}/cwd").LinkTarget == folder);

    private static async Task EndAsync(Process process, CancellationToken ct)
    {
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync(ct);
    }

    private static async Task WaitUntilItListensAsync(Process server, int port, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(TimeSpan.FromSeconds(10));
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!server.HasExited && !deadline.IsCancellationRequested && await poll.WaitForNextTickAsync(ct))
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port, deadline.Token);
                return;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException && !ct.IsCancellationRequested)
            {
                // Not yet.
            }
        }

        throw new CannotStartException("redis-server did not start; its redis.log in the data folder says why.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Private redis-server listens on 127.0.0.1:{Port}, data in {Folder}")]
        public static partial void Started(ILogger logger, int port, string folder);
    }
}
