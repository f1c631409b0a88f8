using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Sessions;

/// <summary>Which session is an account's current one, and which were before. What a node remembers of it may be old; session scripts notice.</summary>
public sealed class AccountStore(RedisGateway redis, SharedRateLimits permits, IOptions<ChatOptions> options) : IDisposable
{
    private static readonly MemoryCacheEntryOptions Remember = new() { Size = 1, AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(10) };

    private readonly MemoryCache current = new(new MemoryCacheOptions { SizeLimit = 200_000 });

    private TimeSpan Lifetime => TimeSpan.FromSeconds(options.Value.Retention.ClosedSeconds + options.Value.Retention.IdleSeconds);

    /// <summary>The session this node last knew to be the account's current one.</summary>
    public string? Remembered(string userId) => current.Get<string>(userId);

    /// <summary>The account's current session, asked of Redis.</summary>
    public async Task<string?> FindAsync(string userId, CancellationToken ct)
    {
        var key = Keys.OfAccount(userId)[0];
        string? session = await redis.CallAsync("GETEX", key, (db, key) => db.StringGetSetExpiryAsync(key, Lifetime), ct);
        return Note(userId, session);
    }

    /// <summary>
    /// Makes another session the current one, if <paramref name="expected"/> still is; returns the one that is current then. Null, and nothing
    /// is changed, while the account is blocked.
    /// </summary>
    public async Task<string?> ReplaceAsync(string userId, string? expected, string replacement, CancellationToken ct)
    {
        var reply = (string)(await redis.RunAsync(Scripts.replace_current, Keys.OfAccount(userId), [expected ?? "", replacement, (long)Lifetime.TotalSeconds], ct))!;
        return reply == "blocked" ? null : Note(userId, reply);
    }

    /// <summary>Counts a call that no session counts, because it enters none or has yet to find one. Null, or how long the account has to wait.</summary>
    public async Task<TimeSpan?> CountAsync(string userId, string what, CancellationToken ct) =>
        options.Value.Limits.PollsPerMinute is > 0 and var limit ? await permits.TakeAsync(ClientName.OfAccount(userId), what, limit, ct) : null;

    /// <summary>For so long the account can open no session; zero lets it again.</summary>
    public Task BlockAsync(string userId, TimeSpan duration, CancellationToken ct)
    {
        var key = Keys.OfAccount(userId)[2];
        return duration == TimeSpan.Zero
            ? redis.CallAsync("DEL", key, static (db, key) => db.KeyDeleteAsync(key), ct)
            : redis.CallAsync("SET", key, (db, key) => db.StringSetAsync(key, "1", duration), ct);
    }

    public Task<bool> IsBlockedAsync(string userId, CancellationToken ct) =>
        redis.CallAsync("EXISTS", Keys.OfAccount(userId)[2], static (db, key) => db.KeyExistsAsync(key), ct);

    /// <summary>Lists a session among the account's earlier ones. False when it was listed already, under another time.</summary>
    public async Task<bool> AddEarlierAsync(string userId, string sessionId, DateTimeOffset at, CancellationToken ct) =>
        (long)await redis.RunAsync(
            Scripts.add_earlier, [Keys.OfAccount(userId)[1]], [sessionId, at.ToUnixTimeMilliseconds(), (long)Lifetime.TotalSeconds], ct) == 1;

    /// <summary>The account's earlier sessions, newest first; some may have been erased meanwhile, or may not have become the account's after all.</summary>
    public async Task<IReadOnlyList<string>> EarlierAsync(string userId, int most, CancellationToken ct)
    {
        var ids = await redis.CallAsync("ZREVRANGE", Keys.OfAccount(userId)[1], (db, key) => db.SortedSetRangeByRankAsync(key, 0, most - 1, Order.Descending), ct);
        return [.. ids.Select(id => (string)id!)];
    }

    /// <summary>A session is erased: the account neither has nor had it.</summary>
    public Task ForgetAsync(string userId, string sessionId, CancellationToken ct)
    {
        current.Remove(userId);
        return redis.RunAsync(Scripts.forget_session, Keys.OfAccount(userId)[..2], [sessionId], ct);
    }

    public void Dispose() => current.Dispose();

    private string? Note(string userId, string? session)
    {
        if (session is null)
        {
            current.Remove(userId);
            return null;
        }

        return current.Set(userId, session, Remember);
    }
}
