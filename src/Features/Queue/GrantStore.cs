using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Caching.Memory;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Queue;

/// <summary>
/// The departments that the tokens of operators grant, for those who want to know of another operator. Nothing is stored unless
/// <c>Jwt__DepartmentsClaim</c> is set. An operator that leaves the roster leaves here as well; without any operator all is gone after two days.
/// </summary>
public sealed class GrantStore(RedisGateway redis, JwtSettings jwt) : IDisposable
{
    private const string All = "*";

    /// <summary>Longer than the roster keeps an operator.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(2);

    private static readonly MemoryCacheEntryOptions Remember = new() { Size = 1, AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1) };

    private readonly MemoryCache noted = new(new MemoryCacheOptions { SizeLimit = 10_000 });

    private bool IsOn => jwt.DepartmentsClaim.Length > 0;

    /// <summary>Notes what an operator's token grants, at its first call in a minute and when it changes.</summary>
    public async Task NoteAsync(Caller.Operator caller, CancellationToken ct)
    {
        if (!IsOn)
        {
            return;
        }

        var grant = caller.Departments is { } departments ? string.Join(',', departments) : All;
        if (noted.Get<string>(caller.Id) != grant)
        {
            await redis.CallAsync("HSET", Keys.Grants, (db, key) => Task.WhenAll(db.HashSetAsync(key, caller.Id, grant), db.KeyExpireAsync(key, Kept)), ct);
            noted.Set(caller.Id, grant, Remember);
        }
    }

    /// <summary>The departments that each operator's last token grants; null where all departments are anybody's.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>?>?> ReadAsync(CancellationToken ct) =>
        IsOn ? (await redis.CallAsync("HGETALL", Keys.Grants, static (db, key) => db.HashGetAllAsync(key), ct)).ToDictionary(e => (string)e.Name!, e => (IReadOnlyList<string>?)Parse(e.Value)) : null;

    /// <summary>Whether an operator may serve a department, by its last token.</summary>
    public async Task<bool> MayServeAsync(string operatorId, string? department, CancellationToken ct) =>
        !IsOn || department is null || Parse(await redis.CallAsync("HGET", Keys.Grants, (db, key) => db.HashGetAsync(key, operatorId), ct))?.Contains(department) != false;

    public void Dispose() => noted.Dispose();

    private static string[]? Parse(RedisValue grant) =>
        (string?)grant switch
        {
            null => [],
            All => null,
            var names => names.Split(',', StringSplitOptions.RemoveEmptyEntries),
        };
}
