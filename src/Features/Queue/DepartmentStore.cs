using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Queue;

/// <summary>The list of departments that any node has or had in its settings.</summary>
public sealed class DepartmentStore(RedisGateway redis)
{
    /// <summary>Longer than it may take until all nodes have new settings.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(40);

    public Task AddAsync(IReadOnlyCollection<string> departments, CancellationToken ct) =>
        redis.RunAsync(Scripts.list_departments, [Keys.Departments], [(long)Kept.TotalMilliseconds, .. departments.Select(d => (StackExchange.Redis.RedisValue)d)], ct);

    /// <summary>Those that were listed within the last days.</summary>
    public async Task<IReadOnlyList<string>> ReadAsync(CancellationToken ct)
    {
        var departments = await redis.CallAsync("ZRANGE", Keys.Departments, static (db, key) => db.SortedSetRangeByRankAsync(key, 0, Most - 1), ct);
        return [.. departments.Select(d => (string)d!)];
    }

    /// <summary>Far more than a desk has.</summary>
    private const int Most = 1000;
}
