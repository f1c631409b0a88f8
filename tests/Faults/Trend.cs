namespace Intotes.Chat.Tests.Faults;

/// <summary>The straight line nearest to some measurements (least squares).</summary>
internal static class Trend
{
    /// <summary>By how much they rise a minute.</summary>
    public static double PerMinute(IReadOnlyCollection<(TimeSpan At, double Value)> measured)
    {
        var (time, value) = (measured.Average(m => m.At.TotalMinutes), measured.Average(m => m.Value));
        return measured.Sum(m => (m.At.TotalMinutes - time) * (m.Value - value)) / measured.Sum(m => Math.Pow(m.At.TotalMinutes - time, 2));
    }
}
