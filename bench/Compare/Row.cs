using System.Globalization;

namespace Compare;

/// <summary>A line of the table. What is better is greater in some rows and less in others, so each says by itself whether it met its target.</summary>
/// <param name="Met">Null where nothing was asked for, or it could not be measured here.</param>
/// <param name="Spread">The least and the most of the rounds' ratios.</param>
/// <param name="Processor">Processor time per request: the service's as a multiple of the baseline's.</param>
/// <param name="Figures">Everything that was measured, for the JSON.</param>
internal sealed record Row(
    string Work, string Target, string Baseline, string Service, double? Ratio, string Spread, double? Processor, bool? Met, object Figures)
{
    /// <summary>Of two sides in turn: rates by the median, and the ratio of those.</summary>
    public static Row OfPair(string work, double target, (Round[] Baseline, Round[] Service) rounds)
    {
        var (baseline, service) = (Median(rounds.Baseline.Select(r => r.Rate)), Median(rounds.Service.Select(r => r.Rate)));
        var ratios = rounds.Service.Zip(rounds.Baseline, (s, b) => s.Rate / b.Rate).Order().ToArray();
        var (baselineMicros, serviceMicros) = (Median(rounds.Baseline.Select(r => r.Micros)), Median(rounds.Service.Select(r => r.Micros)));
        var ratio = service / baseline;
        return new Row(
            work, Text($"at least {target:f2}"), Text($"{baseline:n0}/s, {baselineMicros:f0} µs"), Text($"{service:n0}/s, {serviceMicros:f0} µs"),
            ratio, Text($"{ratios[0]:f2} to {ratios[^1]:f2}"), serviceMicros / baselineMicros, ratio >= target, new { rounds.Baseline, rounds.Service });
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    public string Line() => Text(
        $"| {Work} | {Target} | {Baseline} | {Service} | {(Ratio is { } ratio ? Text($"{ratio:f2}") : "")} | {Spread} | {(Processor is { } micros ? Text($"{micros:f2}") : "")} | {(Met is { } met ? met ? "yes" : "**no**" : "not measured")} |");
}
