using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Redis;

/// <summary>Everything that a database holds, as text: each key with all of its value. Lifetimes are left out.</summary>
internal static class RedisDump
{
    /// <summary>Reads the keys that are like the pattern (SCAN), each with its value.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(IConnectionMultiplexer connection, string pattern = "*")
    {
        var (server, database) = (connection.GetServers()[0], connection.GetDatabase());
        var dump = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await foreach (var key in server.KeysAsync(pattern: pattern, pageSize: 1000))
        {
            dump[key.ToString()] = await ValueAsync(database, key);
        }

        return dump;
    }

    /// <summary>The dump as one text, to search in.</summary>
    public static string Text(IReadOnlyDictionary<string, string> dump) => string.Join('\n', dump.Select(entry => $"{entry.Key}\n{entry.Value}"));

    private static async Task<string> ValueAsync(IDatabase database, RedisKey key) => await database.KeyTypeAsync(key) switch
    {
        RedisType.None => "(gone meanwhile)",
        RedisType.String => (string?)await database.StringGetAsync(key) ?? "",
        RedisType.List => Lines((await database.ListRangeAsync(key)).Select(value => (string?)value)),
        RedisType.Set => Lines((await database.SetMembersAsync(key)).Select(value => (string?)value).Order(StringComparer.Ordinal)),
        RedisType.SortedSet => Lines((await database.SortedSetRangeByRankWithScoresAsync(key)).Select(e => $"{e.Element} {e.Score.ToString(CultureInfo.InvariantCulture)}")),
        RedisType.Hash => Lines((await database.HashGetAllAsync(key)).Select(e => $"{e.Name}: {e.Value}").Order(StringComparer.Ordinal)),
        RedisType.Stream => Lines((await database.StreamRangeAsync(key)).Select(Entry)),
        var other => throw new NotSupportedException($"{key} is a {other}, which the dump does not read."),
    };

    private static string Entry(StreamEntry entry)
    {
        var text = new StringBuilder(entry.Id);
        foreach (var field in entry.Values)
        {
            text.Append(CultureInfo.InvariantCulture, $" {field.Name}={field.Value}");
        }

        return text.ToString();
    }

    private static string Lines(IEnumerable<string?> values) => string.Join('\n', values);
}
