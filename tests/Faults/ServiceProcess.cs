using System.Diagnostics;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>The service as a process of its own, which a test may kill, stop and start again on the same port.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan LivesWithin = TimeSpan.FromSeconds(30);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly Dictionary<string, string> settings;
    private readonly int? openFiles;
    private Process process;

    private ServiceProcess(string redis, Dictionary<string, string>? further, int? openFiles)
    {
        this.openFiles = openFiles;
        Address = new Uri($"http://127.0.0.1:{RedisPort.Free()}");
        settings = new()
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["ASPNETCORE_URLS"] = Address.ToString(),
            ["Redis__Configuration"] = ServiceUser.Connecting(redis),
            ["Logging__LogLevel__Default"] = "Warning",
        };
        foreach (var limit in (string[])["MessagesPerMinute", "PollsPerMinute", "SessionsPerMinutePerIp", "FailuresPerMinutePerIp", "MessagesPerMinutePerIp", "RequestsPerMinutePerIp", "WaitingCallsPerIp", "BytesPerHourPerIp", "BytesPerSession"])
        {
            settings["Chat__Limits__" + limit] = "0";
        }

        foreach (var (name, value) in further ?? [])
        {
            settings[name] = value;
        }

        process = Launch();
    }

    public Uri Address { get; }

    /// <summary>Resident memory (bytes), threads, and open files of the process now (proc_pid_status(5)).</summary>
    public (long Memory, int Threads, int Files) Usage
    {
        get
        {
            process.Refresh();
            return (process.WorkingSet64, process.Threads.Count, Directory.GetFiles($"/proc/{process.Id}/fd").Length);
        }
    }

    /// <summary>Starts it over this Redis and returns once it lives; ready it is when Redis is.</summary>
    /// <param name="redis">The connection string of the tests, who are another user.</param>
    /// <param name="settings">Besides those all have.</param>
    /// <param name="openFiles">How many files it may open; as many as the tests unless given.</param>
    public static async Task<ServiceProcess> StartAsync(string redis, Dictionary<string, string>? settings = null, int? openFiles = null)
    {
        var service = new ServiceProcess(redis, settings, openFiles);
        await service.UntilItLivesAsync();
        return service;
    }

    /// <summary>Ends it with no chance to say goodbye; it is gone when this returns.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Asks it to stop in order (SIGTERM), waits until it has, and returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Starts it again on the same port.</summary>
    public async Task StartAgainAsync()
    {
        process.Dispose();
        process = Launch();
        await UntilItLivesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
    }

    private Process Launch()
    {
        var (program, arguments) = openFiles is { } most
            ? ("sh", (string[])["-c", $"ulimit -n {most}; exec dotnet \"$0\"", typeof(Program).Assembly.Location])
            : ("dotnet", [typeof(Program).Assembly.Location]);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private async Task UntilItLivesAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using var live = await Http.GetAsync(new Uri(Address, "/health/live"));
                return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !process.HasExited && TimeProvider.System.GetElapsedTime(started) < LivesWithin)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20));
            }
        }
    }
}
