using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Compare;

/// <summary>A program under test, on a port that the system gave.</summary>
internal sealed class Server : IAsyncDisposable
{
    private static readonly List<Process> Running = [];

    private readonly Process process;

    private Server(Process process, int port, int management) => (this.process, Port, Management) = (process, port, management);

    public int Port { get; }

    /// <summary>Where <c>/metrics</c> is, for the service.</summary>
    public int Management { get; }

    public Uri Url => new($"http://127.0.0.1:{Port}");

    public int Id => process.Id;

    /// <summary>User and system time so far (proc_pid_stat(5): in hundredths of a second).</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            var fields = File.ReadAllText($"/proc/{process.Id}/stat").Split(") ")[1].Split(' ');
            return TimeSpan.FromMilliseconds(10 * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)));
        }
    }

    /// <summary>Resident memory in bytes (proc_pid_status(5), VmRSS).</summary>
    public long ResidentBytes =>
        1024 * long.Parse(File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    public static async Task<Server> RedisAsync(string folder)
    {
        var port = FreePort();
        var server = Start("redis-server", $"--port {port} --bind 127.0.0.1 --save \"\" --appendonly no --dir {folder}", [], port, 0);
        await server.UntilAsync(async () =>
        {
            using var probe = new TcpClient();
            await probe.ConnectAsync(IPAddress.Loopback, port);
            return true;
        });
        return server;
    }

    /// <param name="redis">Where its Redis listens.</param>
    /// <param name="core">The one core that it may use; null for all.</param>
    public static Server Baseline(Server redis, int? core = null) =>
        Dotnet("bench/Baseline/bin/Release/net10.0/Baseline.dll", core, FreePort(), 0, [("Redis__Configuration", $"127.0.0.1:{redis.Port}")]);

    /// <summary>As shipped, in Production, with its limits and telemetry on, but so high that none refuses. What one address may send is off: its highest is too low here.</summary>
    /// <param name="redis">Where its Redis listens.</param>
    /// <param name="core">The one core that it may use; null for all.</param>
    /// <param name="countsPolls">False where so few sessions are polled that no limit is high enough.</param>
    public static Server Service(Server redis, int? core = null, bool countsPolls = true)
    {
        var management = FreePort();
        return Dotnet("src/bin/Release/net10.0/Intotes.Chat.dll", core, FreePort(), management,
        [
            ("ASPNETCORE_ENVIRONMENT", "Production"), ("Redis__Configuration", $"127.0.0.1:{redis.Port}"), ("Management__Url", $"http://127.0.0.1:{management}"),
            ("Jwt__SigningKey", Tokens.Key), ("Jwt__Issuer", Tokens.Issuer), ("Jwt__Audience", Tokens.Issuer), ("Logging__LogLevel__Default", "Warning"), ("Server__MaxConnectionsPerIp", "0"),
            ("Server__DrainSeconds", "0"), ("Chat__Limits__PollsPerMinute", countsPolls ? "100000" : "0"), ("Chat__Limits__MessagesPerMinute", "100000"), ("Chat__Limits__EntriesPerSession", "1000000"),
            ("Chat__Limits__SessionsPerMinutePerIp", "100000"), ("Chat__Limits__FailuresPerMinutePerIp", "100000"), ("Chat__Limits__MessagesPerMinutePerIp", "0"), ("Chat__Limits__RequestsPerMinutePerIp", "10000000"), ("Chat__Limits__ReadersPerClient", "0"), ("Chat__Limits__ReadMegabytesPerMinute", "0"), ("Chat__Limits__WaitingCallsPerIp", "0"),
            ("Chat__Limits__BytesPerHourPerIp", "0"), ("Chat__Limits__BytesPerSession", "0"),
        ]);
    }

    /// <summary>Until it answers.</summary>
    public async Task<Server> ReadyAsync(string path)
    {
        using var client = new HttpClient { BaseAddress = Url };
        await UntilAsync(async () => (await client.GetAsync(new Uri(path, UriKind.Relative))).IsSuccessStatusCode);
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        Stop(process);
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>Leaves nothing behind, however this ends.</summary>
    public static void StopAll()
    {
        lock (Running)
        {
            Running.ForEach(Stop);
            Running.Clear();
        }
    }

    public static Process Run(string program, string arguments, (string Name, string Value)[] environment, bool quiet)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = quiet };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        lock (Running)
        {
            var process = Process.Start(start)!;
            Running.Add(process);
            return process;
        }
    }

    private static Server Dotnet(string program, int? core, int port, int management, (string, string)[] environment) => core is null
        ? Start("dotnet", program, [.. environment, ("ASPNETCORE_URLS", $"http://127.0.0.1:{port}")], port, management)
        : Start("taskset", $"-c {core} dotnet {program}", [.. environment, ("ASPNETCORE_URLS", $"http://127.0.0.1:{port}")], port, management);

    private static Server Start(string program, string arguments, (string, string)[] environment, int port, int management)
    {
        var process = Run(program, arguments, environment, quiet: false);
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        return new Server(process, port, management);
    }

    /// <summary>Until it does what is asked of it, a minute at most.</summary>
    public async Task UntilAsync(Func<Task<bool>> isReady)
    {
        for (var patience = Stopwatch.StartNew(); patience.Elapsed < TimeSpan.FromSeconds(60);)
        {
            try
            {
                if (await isReady())
                {
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or SocketException)
            {
                // Not yet.
            }

            if (process.HasExited)
            {
                break;
            }

            await Task.Delay(2);
        }

        throw new InvalidOperationException($"{process.StartInfo.FileName} {process.StartInfo.Arguments} did not start.");
    }

    private static void Stop(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    /// <summary>Below those that the system gives to clients (32768 and more), of which ten thousand widgets take any.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }
}
