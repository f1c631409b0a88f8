using System.Globalization;
using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>The reply of a script, read by position. Most replies begin with a status word.</summary>
public readonly struct ScriptReply(RedisResult result)
{
    /// <summary>The first item, or the whole of a reply that is one word.</summary>
    public string Status => result.Length < 0 ? (string)result! : Text(0)!;

    /// <summary>How many items.</summary>
    public int Length => result.Length;

    public string? Text(int index) => (string?)result[index];

    /// <summary>A time span in milliseconds; null where the script left it empty.</summary>
    public TimeSpan? Milliseconds(int index) => Text(index) is { Length: > 0 } ? TimeSpan.FromMilliseconds(Number(index)) : null;

    public long Number(int index) => (long)result[index];

    /// <summary>The items of a nested reply.</summary>
    public RedisResult[] Items(int index) => (RedisResult[])result[index]!;

    /// <summary>A nested HGETALL.</summary>
    public Dictionary<string, string> Fields(int index)
    {
        var flat = (RedisValue[])result[index]!;
        var fields = new Dictionary<string, string>(flat.Length / 2);
        for (var i = 0; i + 1 < flat.Length; i += 2)
        {
            fields[flat[i]!] = flat[i + 1]!;
        }

        return fields;
    }
}

/// <summary>How times and ids are written in Redis.</summary>
public static class Stored
{
    /// <summary>A Unix time in milliseconds.</summary>
    public static DateTimeOffset Time(string milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(milliseconds, CultureInfo.InvariantCulture));

    /// <summary>The time of a call: a Unix time in microseconds, so that the order of calls has no ties.</summary>
    public static DateTimeOffset CallTime(string microseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(long.Parse(microseconds, CultureInfo.InvariantCulture) * TimeSpan.TicksPerMicrosecond);

    /// <summary>A call time as it is stored.</summary>
    public static long CallTime(DateTimeOffset calledAt) => (calledAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The time part of a stream id.</summary>
    public static DateTimeOffset TimeOf(string entryId) =>
        DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(entryId.AsSpan(0, entryId.IndexOf('-')), CultureInfo.InvariantCulture));
}
