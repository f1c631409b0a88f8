using System.Globalization;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Sessions;

/// <summary>The state of anonymous visitors that all nodes share: a supervisor's order, and the size of their sessions.</summary>
public sealed class AnonymousStore(RedisGateway redis, IOptions<ChatOptions> options, TimeProvider time)
{
    private readonly string node = Guid.NewGuid().ToString("N");

    /// <summary>The order that holds; null where there is none, or one that this version does not know.</summary>
    public async Task<AnonymousOrder?> ReadAsync(CancellationToken ct)
    {
        var fields = ((string?)await redis.CallAsync("GET", Keys.AnonymousOrder, static (db, key) => db.StringGetAsync(key), ct))?.Split(' ');
        return fields is [var name, var until] && AnonymousPolicy.Parse(name) is { } state && long.TryParse(until, CultureInfo.InvariantCulture, out var ends)
            ? new AnonymousOrder(state, ends == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(ends))
            : null;
    }

    /// <summary>Sets the order and tells every node.</summary>
    public Task SetAsync(AnonymousOrder order, CancellationToken ct)
    {
        var value = string.Create(CultureInfo.InvariantCulture, $"{order.State.ToString().ToLowerInvariant()} {order.Until?.ToUnixTimeMilliseconds() ?? 0}");
        var holds = order.Until is { } until ? Math.Max(1, (long)(until - time.GetUtcNow()).TotalMilliseconds) : 0;
        return redis.RunAsync(Scripts.set_anonymous, [Keys.AnonymousOrder, Keys.AnonymousOrders], [value, holds], ct);
    }

    /// <summary>Hands over how much was added in each hour, once however often <paramref name="request"/> is repeated. Returns what all take now.</summary>
    public async Task<long> CountAsync(string request, IReadOnlyDictionary<long, long> changes, CancellationToken ct)
    {
        var lifetime = options.Value.Retention.ClosedSeconds + options.Value.Retention.IdleSeconds;
        RedisValue[] pairs = [.. changes.SelectMany(change => (RedisValue[])[change.Key, change.Value])];
        return (long)await redis.RunAsync(Scripts.count_anonymous, [Keys.AnonymousBytes, Keys.AnonymousCountedBy(node)], [request, lifetime, .. pairs], ct);
    }
}
