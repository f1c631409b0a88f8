namespace DemoPlatform;

/// <summary>An instrument with its daily closing prices, oldest first; the last one is today's price.</summary>
public sealed record Instrument(string Symbol, string Name, string Currency, int Decimals, IReadOnlyList<decimal> Closes)
{
    public decimal LastPrice => Closes[^1];
}

/// <summary>Invented prices around the time at which the demo started: the same walk on every start, ending today.</summary>
public sealed class Market
{
    public const int Days = 90;

    public Market(TimeProvider time)
    {
        OpenedAt = time.GetUtcNow();
        Instruments =
        [
            Walk(11, "AIR.PA", "Airbus", "EUR", 178.40, 0.014),
            Walk(12, "ASML.AS", "ASML Holding", "EUR", 702.10, 0.019),
            Walk(13, "SAP.DE", "SAP", "EUR", 231.55, 0.012),
            Walk(14, "MC.PA", "LVMH", "EUR", 588.20, 0.016),
            Walk(21, "AAPL", "Apple", "USD", 228.75, 0.013),
            Walk(22, "NVDA", "NVIDIA", "USD", 141.30, 0.024),
            Walk(23, "MSFT", "Microsoft", "USD", 423.90, 0.011),
            Walk(24, "ETH-USD", "Ethereum", "USD", 3120.40, 0.031, decimals: 3),
            Walk(31, "AZN.L", "AstraZeneca", "GBP", 112.86, 0.010),
            Walk(32, "SHEL.L", "Shell", "GBP", 26.14, 0.012),
            Walk(33, "RR.L", "Rolls-Royce", "GBP", 5.62, 0.021),
            Walk(34, "VUSA.L", "Vanguard S&P 500 ETF", "GBP", 89.07, 0.008),
        ];
    }

    public DateTimeOffset OpenedAt { get; }

    public IReadOnlyList<Instrument> Instruments { get; }

    private static Instrument Walk(int seed, string symbol, string name, string currency, double start, double volatility, int decimals = 0)
    {
        var random = new Random(seed);
        var closes = new decimal[Days];
        for (var day = 0; day < Days; day++)
        {
            closes[day] = decimal.Round((decimal)start, 2);
            // The sum of three even draws is bell-shaped enough; the small lift lets a portfolio grow.
            start *= 1 + volatility * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.45);
        }
        return new(symbol, name, currency, decimals, closes);
    }
}
