using System.Globalization;

namespace Widgets;

/// <summary>What to simulate, from the command line: <c>--name value</c> for each.</summary>
internal sealed class Options
{
    public required Uri Base { get; init; }

    /// <summary>A file of session tokens, one in each line; one widget each.</summary>
    public required string[] Tokens { get; init; }

    /// <summary><c>events</c> (server-sent events), <c>wait</c> (long poll) or <c>poll</c> (polls at a fixed rate, nobody waits).</summary>
    public required string Mode { get; init; }

    /// <summary>Messages, or polls, a second over all widgets; 0 to hold the connections only.</summary>
    public required double Rate { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Path of the request that waits, where it is not the mode's own.</summary>
    public required string? Path { get; init; }

    public static Options Parse(string[] args)
    {
        var given = args.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        var tokens = File.ReadAllLines(given["--tokens"]);
        return new Options
        {
            Base = new Uri(given["--url"]),
            Tokens = tokens[..Math.Min(tokens.Length, (int)Number("--widgets", tokens.Length))],
            Mode = given.GetValueOrDefault("--mode", "events"),
            Rate = Number("--rate", 0),
            Seconds = Number("--seconds", 10),
            Path = given.GetValueOrDefault("--path"),
        };

        double Number(string name, double otherwise) => given.TryGetValue(name, out var text) ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;
    }
}
