using System.Text.RegularExpressions;
using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>Everything that is stored, read key by key: where a session is named, and which sessions an account has.</summary>
internal static partial class Mentions
{
    /// <summary>Where any of these sessions is still named, in a key's name or in what it holds.</summary>
    public static async Task<IReadOnlyList<string>> OfAsync(IDatabase redis, IEnumerable<string> sessionIds)
    {
        var ids = sessionIds.ToHashSet();
        var mentions = new List<string>();
        await foreach (var key in redis.Multiplexer.GetServers()[0].KeysAsync(redis.Database, "chat:*", 1000))
        {
            var named = SessionId().Matches(string.Join('\n', [key.ToString(), .. await TextsAsync(redis, key)])).Select(id => id.Value).Where(ids.Contains);
            mentions.AddRange(named.Distinct().Select(id => $"{id} in {key}"));
        }

        return mentions;
    }

    /// <summary>The sessions that say they are this account's, whether it knows of them or not.</summary>
    public static async Task<IReadOnlyList<string>> SessionsOfAsync(IDatabase redis, string userId)
    {
        var sessions = new List<string>();
        await foreach (var key in redis.Multiplexer.GetServers()[0].KeysAsync(redis.Database, "chat:{s:*}", 1000))
        {
            if (await redis.HashGetAsync(key, "user") == userId)
            {
                sessions.Add(SessionId().Match(key.ToString()).Value);
            }
        }

        return sessions;
    }

    /// <summary>Returns once so many nodes listen to what is said in the session.</summary>
    public static async Task ListeningAsync(IDatabase redis, string sessionId, int nodes)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while ((long)(await redis.ExecuteAsync("PUBSUB", "SHARDNUMSUB", Keys.Announcements(sessionId)))[1] != nodes)
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private static async Task<IEnumerable<string>> TextsAsync(IDatabase redis, RedisKey key) => await redis.KeyTypeAsync(key) switch
    {
        RedisType.String => [(string?)await redis.StringGetAsync(key) ?? ""],
        RedisType.List => (await redis.ListRangeAsync(key)).Select(item => (string)item!),
        RedisType.SortedSet => (await redis.SortedSetRangeByRankAsync(key)).Select(member => (string)member!),
        RedisType.Hash => (await redis.HashGetAllAsync(key)).Select(field => $"{field.Name} {field.Value}"),
        _ => [],
    };

    [GeneratedRegex("(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])")]
    private static partial Regex SessionId();
}
