namespace DemoPlatform;

public enum TradeSide { Buy, Sell }

public enum TradeStatus { Filled, Pending, Cancelled, Rejected }

/// <summary><c>ExecutedAt</c> is when the order reached its status.</summary>
public sealed record Trade(
    string Id, string Symbol, TradeSide Side, decimal Quantity, decimal Price, string Currency, DateTimeOffset ExecutedAt, TradeStatus Status);

/// <summary>Invents one customer's trades of the last 90 days and keeps the books, so that positions and trades agree.</summary>
public sealed class TradeHistory
{
    private const int Count = 60;
    private readonly Random _random;
    private readonly Dictionary<Instrument, (decimal Quantity, decimal Cost)> _books = [];
    private readonly List<Trade> _trades = [];

    public TradeHistory(int seed, Market market, string currency)
    {
        _random = new Random(seed);
        Instrument[] traded = [.. market.Instruments.Where(instrument => instrument.Currency == currency)];
        var number = seed * 1000;
        foreach (var time in Times(market.OpenedAt))
        {
            number += _random.Next(3, 41);
            _trades.Add(Invent($"T-{number}", traded[_random.Next(traded.Length)], time, market.OpenedAt));
        }
        _trades.Reverse();
    }

    public IReadOnlyList<Trade> NewestFirst => _trades;

    public IReadOnlyList<Position> Positions =>
    [
        .. from book in _books
           where book.Value.Quantity > 0
           orderby book.Value.Quantity * book.Key.LastPrice descending
           let average = decimal.Round(book.Value.Cost / book.Value.Quantity, 2)
           select new Position(book.Key.Symbol, book.Key.Name, book.Value.Quantity, average, book.Key.LastPrice, book.Key.Currency),
    ];

    /// <summary>Within exchange hours, on weekdays, before now.</summary>
    private DateTimeOffset[] Times(DateTimeOffset now)
    {
        var times = new DateTimeOffset[Count];
        for (var i = 0; i < Count; i++)
        {
            var day = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddDays(-i * (Market.Days - 2) / Count);
            var time = day.AddHours(8).AddMilliseconds(_random.Next(8 * 3_600_000));
            while (time > now || time.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday)
                time = time.AddDays(-1);
            times[i] = time;
        }
        Array.Sort(times);
        return times;
    }

    private Trade Invent(string id, Instrument instrument, DateTimeOffset time, DateTimeOffset now)
    {
        var (held, cost) = _books.GetValueOrDefault(instrument);
        var close = instrument.Closes[Market.Days - 1 - Math.Min((now - time).Days, Market.Days - 1)];
        var price = decimal.Round(close * (decimal)(0.996 + _random.NextDouble() * 0.008), 2);
        var lot = decimal.Round((decimal)(300 + _random.NextDouble() * 2700) / price, instrument.Decimals);
        lot = Math.Max(lot, instrument.Decimals == 0 ? 1 : 0.01m);
        var side = held > 0 && _random.NextDouble() < 0.42 ? TradeSide.Sell : TradeSide.Buy;
        var quantity = side == TradeSide.Sell ? Math.Min(held, lot) : lot;
        var status = _trades.Count == Count - 1 ? TradeStatus.Pending : _random.Next(20) switch
        {
            0 => TradeStatus.Rejected,
            1 => TradeStatus.Cancelled,
            _ => TradeStatus.Filled,
        };
        if (status == TradeStatus.Filled)
        {
            _books[instrument] = side == TradeSide.Buy
                ? (held + quantity, cost + quantity * price)
                : (held - quantity, cost - quantity * cost / held);
        }
        return new(id, instrument.Symbol, side, quantity, price, instrument.Currency, time, status);
    }
}
