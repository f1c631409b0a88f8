using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <param name="Labels">Each label, and its possible values where the page lists them.</param>
public sealed record MetricRow(string Meter, string Name, string Instrument, string Unit, IReadOnlyDictionary<string, IReadOnlyList<string>> Labels);

/// <param name="Attributes">Each attribute, and whether the span may lack it.</param>
public sealed record SpanRow(string Name, ActivityKind Kind, string Source, IReadOnlyDictionary<string, bool> Attributes)
{
    /// <summary>The name with its placeholders filled from the attributes of a span.</summary>
    public string NameOf(SpanSeen span) => Regex.Replace(Name, @"\{(.+?)\}", hole => span.Attributes.GetValueOrDefault(hole.Groups[1].Value, hole.Value));
}

/// <summary>The tables of docs/telemetry.md.</summary>
public static partial class TelemetryPage
{
    public static readonly string Text = File.ReadAllText(Path.Combine(ArchitectureTests.Root, "docs/telemetry.md"));

    public static IReadOnlyList<MetricRow> Metrics { get; } =
    [
        .. from section in Text.Split("\n### ")
           from cells in Rows(section.TrimStart('#', ' '), "metric")
           select new MetricRow(
               Quoted(section.Split('\n')[0])[0], Quoted(cells[0])[0], cells[1], string.Concat(Quoted(cells[2])),
               cells[3].Split(';').Select(Quoted).Where(words => words.Count > 0).ToDictionary(words => words[0], words => (IReadOnlyList<string>)[.. words.Skip(1)])),
    ];

    public static IReadOnlyList<SpanRow> Spans { get; } =
    [
        .. from cells in Rows(Text, "span")
           select new SpanRow(
               Quoted(cells[0])[0], Enum.Parse<ActivityKind>(cells[1], ignoreCase: true), Quoted(cells[2])[0],
               Attribute().Matches(cells[3]).ToDictionary(attribute => attribute.Groups[1].Value, attribute => attribute.Groups[2].Length > 0)),
    ];

    /// <summary>Name, source and attributes of each event.</summary>
    public static IReadOnlyList<(string Name, string Source, IReadOnlyList<string> Attributes)> Events { get; } =
        [.. Rows(Text, "event").Select(cells => (Quoted(cells[0])[0], Quoted(cells[1])[0], Quoted(cells[2])))];

    /// <summary>The alerts that have a section, and how severe it says that each is.</summary>
    public static IReadOnlyDictionary<string, string> Alerts { get; } =
        AlertSection().Matches(Text[Text.IndexOf("\n## Alerts", StringComparison.Ordinal)..]).ToDictionary(alert => alert.Groups[1].Value, alert => alert.Groups[2].Value);

    /// <summary>The rows of the tables whose first column has this heading.</summary>
    private static IEnumerable<string[]> Rows(string text, string heading)
    {
        var isIn = false;
        foreach (var line in text.Split('\n'))
        {
            isIn = line.StartsWith('|') && (isIn || line.StartsWith($"| {heading} |", StringComparison.Ordinal));
            if (isIn && line.StartsWith("| `", StringComparison.Ordinal))
            {
                yield return [.. line.Trim('|', ' ').Split('|').Select(cell => cell.Trim())];
            }
        }
    }

    private static IReadOnlyList<string> Quoted(string cell) => [.. Word().Matches(cell).Select(word => word.Groups[1].Value)];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Word();

    [GeneratedRegex(@"`([^`]+)`(\??)")]
    private static partial Regex Attribute();

    [GeneratedRegex(@"^### (\w+)\n\n(\w+)\.", RegexOptions.Multiline)]
    private static partial Regex AlertSection();
}
