using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>
/// Cuts the power of a redis-server: what it wrote to its append-only file since its last fsync is gone. Killing alone does not show that,
/// because what is written stays with the kernel; so strace notes each write and each fdatasync, and the file is cut where the last
/// fdatasync that had ended left it.
/// </summary>
public sealed partial class PowerCut : IAsyncDisposable
{
    private readonly RedisServerProcess redis;
    private readonly string notes, file;
    private readonly long lengthBefore;
    private readonly Process strace;

    private PowerCut(RedisServerProcess redis, string file, string descriptor)
    {
        (this.redis, this.file, notes) = (redis, file, Path.Combine(redis.DataDirectory, $"strace-{Guid.NewGuid():N}"));
        lengthBefore = new FileInfo(file).Length;
        Descriptor = descriptor;
        strace = Process.Start(new ProcessStartInfo(
            "strace", ["-f", "-s", "0", "-e", "trace=write,fdatasync", "-o", notes, "-p", $"{redis.ProcessId}"]) { RedirectStandardError = true })!;
    }

    private string Descriptor { get; }

    /// <summary>Begins to note what the server, which must be idle now, writes.</summary>
    public static async Task<PowerCut> PrepareAsync(RedisServerProcess redis)
    {
        var (file, descriptor) = Directory.GetFileSystemEntries($"/proc/{redis.ProcessId}/fd")
            .Select(link => (File: new FileInfo(link).LinkTarget!, Descriptor: Path.GetFileName(link)))
            .Single(open => open.File.EndsWith(".incr.aof", StringComparison.Ordinal));
        var cut = new PowerCut(redis, file, descriptor);
        // It says that it is attached, once for each thread.
        Assert.Contains("attached", await cut.strace.StandardError.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        _ = cut.strace.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        return cut;
    }

    /// <summary>Cuts the power, and returns how much (bytes) of the file that takes; the server may be started again.</summary>
    public async Task<long> CutAsync()
    {
        await redis.KillAsync();
        await strace.WaitForExitAsync();
        var (written, synced, begun) = (lengthBefore, lengthBefore, new Dictionary<string, long>());
        foreach (var line in await System.IO.File.ReadAllLinesAsync(notes))
        {
            if (Written().Match(line) is { Success: true } write && write.Groups["file"].Value == Descriptor)
            {
                written += long.Parse(write.Groups["bytes"].Value, CultureInfo.InvariantCulture);
            }
            else if (Synced().Match(line) is { Success: true } sync && sync.Groups["file"].Value == Descriptor)
            {
                begun[sync.Groups["thread"].Value] = written;
                synced = sync.Groups["done"].Success ? written : synced;
            }
            else if (SyncResumed().Match(line) is { Success: true } resumed && begun.TryGetValue(resumed.Groups["thread"].Value, out var length))
            {
                synced = length;
            }
        }

        var there = new FileInfo(file).Length;
        Assert.True(synced <= there && synced > lengthBefore, $"The file has {there} bytes, of which {synced} were noted as synced, {lengthBefore} before.");
        await using var cutFile = System.IO.File.Open(file, FileMode.Open);
        cutFile.SetLength(synced);
        return there - synced;
    }

    public async ValueTask DisposeAsync()
    {
        if (!strace.HasExited)
        {
            strace.Kill();
            await strace.WaitForExitAsync();
        }

        strace.Dispose();
    }

    [GeneratedRegex(@"^\d+ +write\((?<file>\d+), .*\) += (?<bytes>\d+)$")]
    private static partial Regex Written();

    [GeneratedRegex(@"^(?<thread>\d+) +fdatasync\((?<file>\d+)(?:(?<done>\) += 0)| <unfinished)")]
    private static partial Regex Synced();

    [GeneratedRegex(@"^(?<thread>\d+) +<\.\.\. fdatasync resumed>\) += 0")]
    private static partial Regex SyncResumed();
}
