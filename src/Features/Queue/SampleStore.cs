using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Queue;

/// <summary>A kind of observation of the work of a department.</summary>
public enum SampleKind
{
    /// <summary>Seconds from the first call until an operator had the session.</summary>
    Wait,

    /// <summary>Seconds from the first call to the first answer of an operator.</summary>
    FirstResponse,

    /// <summary>Seconds that an operator had a session.</summary>
    Busy,

    /// <summary>Scores of visitors, 1 to 5.</summary>
    Rating,
}

public readonly record struct Sample(DateTimeOffset At, double Value);

/// <param name="InHour">How many samples the last hour has.</param>
/// <param name="OfHour">Their values, or the newest of them.</param>
public sealed record SampleDay(int InHour, int InDay, IReadOnlyList<double> OfHour, IReadOnlyList<double> OfDay);

/// <summary>
/// Observations of the last day, from which estimates and statistics are made. One that is lost in a crash is missed by nobody. They name
/// sessions by digest only: once a session is erased, nothing leads from it to them.
/// </summary>
public sealed class SampleStore(RedisGateway redis, BackgroundWriter background)
{
    /// <summary>Values that are read of an hour or a day.</summary>
    public const int MostValues = 1000;

    private static readonly RedisValue[] Ratings = [1, 2, 3, 4, 5];

    /// <summary>Hands a sample over to be stored: no answer waits for that, or fails by it.</summary>
    public void Record(string department, SampleKind kind, string sessionId, double value) =>
        background.Post(BackgroundWork.Sample, () => RecordAsync(department, kind, sessionId, value, CancellationToken.None));

    /// <summary>A rating replaces the session's former one, whichever it was.</summary>
    public Task RecordAsync(string department, SampleKind kind, string sessionId, double value, CancellationToken ct) =>
        redis.RunAsync(Scripts.record_sample, [Key(department, kind)], [Digest(sessionId), Text(value), .. kind == SampleKind.Rating ? Ratings : []], ct);

    /// <summary>The newest samples, newest first.</summary>
    public Task<IReadOnlyList<Sample>> NewestAsync(string department, SampleKind kind, int most, CancellationToken ct) =>
        ReadAsync(Key(department, kind), (db, key) => db.SortedSetRangeByRankWithScoresAsync(key, 0, most - 1, Order.Descending), ct);

    /// <summary>The last hour and day, in numbers and values: of the hour the newest values, of the day any, at most <see cref="MostValues"/> of each.</summary>
    public async Task<SampleDay> DayAsync(string department, SampleKind kind, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(Scripts.read_samples, [Key(department, kind)], [MostValues], ct));
        double[] Values(int index) => [.. reply.Items(index).Select(value => double.Parse((string)value!, CultureInfo.InvariantCulture))];
        return new SampleDay((int)reply.Number(0), (int)reply.Number(1), Values(2), Values(3));
    }

    private async Task<IReadOnlyList<Sample>> ReadAsync(RedisKey key, Func<IDatabase, RedisKey, Task<SortedSetEntry[]>> read, CancellationToken ct)
    {
        var entries = await redis.CallAsync("ZRANGE", key, read, ct);
        return [.. entries.Select(e => new Sample(DateTimeOffset.FromUnixTimeMilliseconds((long)e.Score), Value((string)e.Element!)))];
    }

    private static RedisKey Key(string department, SampleKind kind) => Keys.Samples(department, kind switch
    {
        SampleKind.Wait => "wait",
        SampleKind.FirstResponse => "first-response",
        SampleKind.Busy => "busy",
        _ => "rating",
    });

    private static string Digest(string sessionId) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(sessionId)));

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private static double Value(string member) => double.Parse(member.AsSpan(member.IndexOf(',') + 1), CultureInfo.InvariantCulture);
}
