using System.Globalization;
using System.Runtime.InteropServices;
using StackExchange.Redis;

namespace Compare;

/// <summary>Where and when it was measured.</summary>
internal sealed record Machine(string Date, string Processor, int Cores, double MemoryGigabytes, string Kernel, string Runtime, string Redis, double LoadBefore)
{
    public static Machine Here(IConnectionMultiplexer redis) => new(
        TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[1] ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1073741824.0, 1),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        redis.GetServers()[0].Version.ToString(),
        double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture));

    public override string ToString() => Row.Text(
        $"{Date}; {Processor}, {Cores} cores, {MemoryGigabytes:f0} GB; {Kernel}; {Runtime}; Redis {Redis}; load before the run {LoadBefore:f1}");
}
