using System.Globalization;

namespace Compare;

/// <summary>What to run, from the command line.</summary>
internal sealed record Settings(int Rounds, double Seconds, int Widgets, string[] Rows)
{
    public static Settings Parse(string[] args)
    {
        var settings = new Settings(5, 2, 10_000, []);
        for (var i = 0; i < args.Length; i++)
        {
            settings = args[i] switch
            {
                "--rounds" => settings with { Rounds = int.Parse(args[++i], CultureInfo.InvariantCulture) },
                "--seconds" => settings with { Seconds = double.Parse(args[++i], CultureInfo.InvariantCulture) },
                "--widgets" => settings with { Widgets = int.Parse(args[++i], CultureInfo.InvariantCulture) },
                "--rows" => settings with { Rows = [.. settings.Rows, .. args[++i].Split(',')] },
                var row => settings with { Rows = [.. settings.Rows, row] },
            };
        }

        return settings;
    }
}
