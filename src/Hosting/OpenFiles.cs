using System.Globalization;

namespace Intotes.Chat.Hosting;

/// <summary>How many files, sockets included, this process may have open (getrlimit(2), <c>RLIMIT_NOFILE</c>). The runtime raises that to the hard limit as it starts.</summary>
internal static class OpenFiles
{
    /// <summary>
    /// Kept free: the runtime holds some 350 assemblies open, and there are connections to Redis and the platform, logs, and sockets that are accepted only to be
    /// closed again.
    /// </summary>
    private const int Reserve = 512;

    /// <summary>As many connections as there is room for, if fewer than asked for: the limit without the reserve, but at least a quarter of it.</summary>
    /// <param name="connections">Asked for.</param>
    /// <param name="limit">Null where it is not known, or there is none.</param>
    public static int Permit(int connections, int? limit) =>
        limit is { } most ? Math.Min(connections, Math.Max(most - Reserve, Math.Max(1, most / 4))) : connections;

    /// <summary>The limit as Linux says it; null elsewhere, and where there is none.</summary>
    public static int? Limit()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            // "Max open files            1024                 1048576              files": soft, then hard.
            var line = File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal));
            return int.TryParse(line?.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], CultureInfo.InvariantCulture, out var soft) ? soft : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
