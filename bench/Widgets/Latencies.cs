using System.Collections.Concurrent;

namespace Widgets;

/// <summary>Every measured time, so that percentiles are exact.</summary>
internal sealed class Latencies
{
    private readonly ConcurrentBag<double> milliseconds = [];

    public void Add(TimeSpan time) => milliseconds.Add(time.TotalMilliseconds);

    public object Describe()
    {
        double[] sorted = [.. milliseconds.Order()];
        return new { count = sorted.Length, p50 = At(0.5), p90 = At(0.9), p99 = At(0.99), p999 = At(0.999), max = At(1) };

        // The nearest rank: the smallest value that is not below this share of all.
        double? At(double share) => sorted.Length == 0 ? null : Math.Round(sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)], 3);
    }
}
