namespace Intotes.Chat.Tests.Faults;

/// <summary>What a service may use more of while things are broken, and afterwards: it is to leak nothing.</summary>
internal static class Flatness
{
    /// <summary>Of what it had under the same load before.</summary>
    private const double MegabytesMore = 120;

    /// <summary>The thread pool adds some while many continuations come due at once, and takes them back after 20 s.</summary>
    private const int ThreadsMore = 30;

    /// <summary>Those of a connection to Redis that is given up and its successor, and of assemblies that only failures need.</summary>
    private const int FilesMore = 30;

    /// <param name="what">The test.</param>
    /// <param name="loaded">The most before anything broke.</param>
    /// <param name="peak">The most since.</param>
    /// <param name="after">In the end, still under load.</param>
    public static void Check(string what, UsageWatch.Sample loaded, UsageWatch.Sample peak, UsageWatch.Sample after)
    {
        Console.WriteLine($"{what}: under load the service used {loaded}; {peak} at most while things broke; {after} afterwards.");
        Assert.True(peak.Megabytes <= loaded.Megabytes + MegabytesMore, $"{what}: memory grew from {loaded} to {peak}.");
        Assert.True(peak.Threads <= loaded.Threads + ThreadsMore, $"{what}: threads grew from {loaded} to {peak}.");
        Assert.True(peak.Files <= loaded.Files + FilesMore, $"{what}: files grew from {loaded} to {peak}.");
    }
}
