namespace DemoPlatform;

public sealed record Position(string Symbol, string Name, decimal Quantity, decimal AveragePrice, decimal LastPrice, string Currency);

public sealed record Profile(
    string Id, string Name, string Email, string Country, int KycLevel, string AccountType, DateOnly Since,
    string Currency, decimal Balance, IReadOnlyList<Position> Positions);

/// <summary>A customer as the platform knows it, newest trade first.</summary>
public sealed record Customer(Profile Profile, IReadOnlyList<Trade> Trades);

/// <summary>The three demo customers. What they hold is what their trades add up to.</summary>
public sealed class Customers(Market market)
{
    private readonly Dictionary<string, Customer> _byId = new[]
    {
        Open(market, People.Alice, 101, "alice.moreau@example.com", "FR", 3, "individual", new(2021, 3, 14), "EUR", 4_812.37m),
        Open(market, People.Bao, 202, "bao.nguyen@example.com", "SG", 2, "margin", new(2023, 9, 2), "USD", 12_940.05m),
        Open(market, People.Carla, 303, "carla.whitfield@example.com", "GB", 3, "isa", new(2019, 11, 27), "GBP", 1_276.90m),
    }.ToDictionary(customer => customer.Profile.Id);

    public Market Market => market;

    public Customer? Find(string? id) => id is null ? null : _byId.GetValueOrDefault(id);

    private static Customer Open(
        Market market, Person person, int seed, string email, string country, int kycLevel, string accountType,
        DateOnly since, string currency, decimal balance)
    {
        var history = new TradeHistory(seed, market, currency);
        var profile = new Profile(
            person.Id, person.Name, email, country, kycLevel, accountType, since, currency, balance, history.Positions);
        return new(profile, history.NewestFirst);
    }
}
