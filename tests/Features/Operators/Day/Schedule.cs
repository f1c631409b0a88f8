using Intotes.Chat.Hosting;


namespace Intotes.Chat.Tests.Features.Operators.Day;

/// <summary>Somebody that calls.</summary>
/// <param name="At">Since midnight.</param>
/// <param name="Takes">How long an operator will have it.</param>
internal sealed record Call(TimeSpan At, string Department, TimeSpan Takes)
{
    public string SessionId { get; set; } = "";

    /// <summary>What it was told when it called.</summary>
    public int? EstimatedSeconds { get; set; }

    public TimeSpan Waited { get; set; }
}

/// <summary>An operator's shift.</summary>
/// <param name="Start">Hours since midnight.</param>
/// <param name="End">Hours since midnight; what it has then it still brings to its end.</param>
internal sealed record Shift(Caller.Operator Operator, double Start, double End, string[] Departments)
{
    public const int Capacity = 2;

    public int Has { get; set; }

    public bool IsOn { get; set; }

    public bool CanTake(Call call) => IsOn && Has < Capacity && Departments.Contains(call.Department);
}

/// <summary>
/// A day as it may be: calls by a Poisson process whose rate changes with the hour, given that there are so many; times of service lognormal with
/// a mean of six minutes. Before noon and around five there are fewer operators than are needed.
/// </summary>
internal static class Schedule
{
    private const double MeanSeconds = 360, Sigma = 0.6;

    /// <summary>Calls an hour, for each hour of the day.</summary>
    private static readonly double[] Rates =
        [10, 8, 6, 6, 6, 8, 12, 25, 45, 70, 80, 75, 60, 60, 75, 80, 80, 75, 55, 45, 40, 35, 20, 14];

    public static Shift[] Shifts() =>
    [
        Of("Ada", 0, 8, "support"), Of("Ben", 0, 8, "support", "billing"),
        Of("Cleo", 7, 16, "support"), Of("Dan", 8, 16, "support"), Of("Eva", 8, 16, "billing"), Of("Finn", 8, 17, "support", "billing"),
        Of("Gus", 12, 20, "support", "billing"),
        Of("Hana", 16, 26, "support"), Of("Ida", 16, 26, "support", "billing"), Of("Jon", 16, 26, "billing"),
    ];

    public static Call[] Calls(int count, int seed)
    {
        var random = new Random(seed);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        TimeSpan Arrival()
        {
            while (true)
            {
                var hours = random.NextDouble() * 24;
                if (random.NextDouble() * Rates.Max() < Rates[(int)hours])
                {
                    return TimeSpan.FromHours(hours);
                }
            }
        }

        TimeSpan Service() => TimeSpan.FromSeconds(Math.Exp(Math.Log(MeanSeconds) - (Sigma * Sigma / 2) + (Sigma * Normal())));
        return [.. Enumerable.Range(0, count).Select(_ => new Call(Arrival(), random.NextDouble() < 0.65 ? "support" : "billing", Service())).OrderBy(c => c.At)];
    }

    private static Shift Of(string name, double start, double end, params string[] departments) =>
        new(new Caller.Operator(name.ToLowerInvariant(), name, IsSupervisor: false), start, end, departments);
}
