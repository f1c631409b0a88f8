namespace Intotes.Chat.Tests.Faults;

/// <summary>How long answers took (ms).</summary>
public readonly record struct Latencies(int Count, double Half, double P99, double Max)
{
    public static Latencies Of(IEnumerable<TimeSpan> answers)
    {
        var sorted = answers.Select(took => took.TotalMilliseconds).Order().ToArray();
        return sorted is [] ? default : new(sorted.Length, sorted[sorted.Length / 2], sorted[(int)(sorted.Length * 0.99)], sorted[^1]);
    }

    public override string ToString() => $"{Count} answers, p50 {Half:0} ms, p99 {P99:0} ms, max {Max:0} ms";
}
