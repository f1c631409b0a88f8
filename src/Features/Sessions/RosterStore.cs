using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// Which operators are there, and which sessions each has. The second is an index for finding and counting: a session's own hash decides
/// who has it.
/// </summary>
public sealed class RosterStore(RedisGateway redis, IOptions<ChatOptions> options)
{
    /// <summary>How many sessions an operator takes at once.</summary>
    public const int Capacity = 5;

    /// <summary>Notes that an operator called.</summary>
    public Task SeenAsync(string operatorId, CancellationToken ct) => redis.RunAsync(Scripts.operator_seen, [Keys.OperatorsSeen], [operatorId], ct);

    /// <summary>Whether any operator called within the last 90 s.</summary>
    public async Task<bool> AnyOnlineAsync(CancellationToken ct) => (long)await redis.RunAsync(Scripts.operators_online, [Keys.OperatorsSeen], [], ct) > 0;

    /// <summary>The sessions an operator has, longest first.</summary>
    public async Task<IReadOnlyList<string>> HeldByAsync(string operatorId, CancellationToken ct)
    {
        var ids = await redis.CallAsync("ZRANGE", db => db.SortedSetRangeByRankAsync(Keys.HeldBy(operatorId)), ct);
        return [.. ids.Select(id => (string)id!)];
    }

    /// <summary>Counts a session towards an operator's capacity; false when that is used up. Counting it again changes nothing.</summary>
    public async Task<bool> TryHoldAsync(string operatorId, string sessionId, CancellationToken ct) =>
        (long)await redis.RunAsync(Scripts.hold_session, [Keys.HeldBy(operatorId)], [sessionId, Capacity], ct) == 1;

    /// <summary>An operator no longer has a session, because it has ended.</summary>
    public Task EndedAsync(string operatorId, string sessionId, CancellationToken ct) =>
        redis.RunAsync(
            Scripts.end_held, [Keys.HeldBy(operatorId), Keys.ClosedBy(operatorId)], [sessionId, options.Value.Retention.ClosedSeconds], ct);

    /// <summary>An operator does not have a session after all.</summary>
    public Task LetGoAsync(string operatorId, string sessionId, CancellationToken ct) =>
        redis.CallAsync("ZREM", db => db.SortedSetRemoveAsync(Keys.HeldBy(operatorId), sessionId), ct);

    /// <summary>The sessions of an operator that have ended, newest first.</summary>
    public async Task<IReadOnlyList<string>> EndedOfAsync(string operatorId, int most, CancellationToken ct)
    {
        var ids = await redis.CallAsync("ZREVRANGE", db => db.SortedSetRangeByRankAsync(Keys.ClosedBy(operatorId), 0, most - 1, Order.Descending), ct);
        return [.. ids.Select(id => (string)id!)];
    }

    /// <summary>Every operator that called within the last day.</summary>
    public async Task<IReadOnlyList<string>> OperatorsAsync(CancellationToken ct)
    {
        var ids = await redis.CallAsync("ZRANGE", db => db.SortedSetRangeByRankAsync(Keys.OperatorsSeen), ct);
        return [.. ids.Select(id => (string)id!)];
    }
}
