using System.Globalization;
using System.Text.RegularExpressions;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>A place in the audit stream; a reader goes on behind it.</summary>
/// <param name="Id">Of the entry that was looked at last; empty at the beginning of the day.</param>
public readonly partial record struct AuditCursor(DateOnly Day, string Id)
{
    /// <summary>Null when the text is none.</summary>
    public static AuditCursor? Parse(string text) =>
        Form().Match(text) is { Success: true } match
        && DateOnly.TryParseExact(match.Groups[1].ValueSpan, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? new AuditCursor(day, match.Groups[2].Value)
            : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Day:yyyyMMdd}.{Id}");

    [GeneratedRegex(@"^(\d{8})\.(|\d{1,15}-\d{1,15})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}

/// <param name="Cursor">Where to go on.</param>
/// <param name="HasMore">Whether the reader stopped before the end of the time.</param>
public sealed record AuditPage(IReadOnlyList<StoredAuditEntry> Entries, AuditCursor Cursor, bool HasMore);

/// <summary>Reads the audit stream, oldest first, and bounded: a page ends after so many entries found or looked at, or so many days.</summary>
public sealed class AuditReader(AuditStore store, IOptions<AuditOptions> options, TimeProvider time)
{
    /// <summary>Of one page. Looking at an entry costs Redis about two microseconds, a day without any one round trip.</summary>
    public const int MostDays = 50, MostSeen = 2000;

    /// <summary>Of one call to Redis.</summary>
    private const int MostSeenAtOnce = 500;

    /// <summary>Nodes name the day by their own clocks, entries have their time from Redis.</summary>
    private static readonly TimeSpan ClockDifference = TimeSpan.FromHours(1);

    /// <summary>The default span where nobody is named.</summary>
    private static readonly TimeSpan DefaultSpan = TimeSpan.FromDays(1);

    public async Task<AuditPage> ReadAsync(AuditFilter filter, DateTimeOffset? from, DateTimeOffset? to, AuditCursor? after, int limit, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var oldest = now.AddDays(-options.Value.Days - 1);
        var end = to < now ? to.Value : now + ClockDifference;
        var begin = from ?? (filter == default ? (end < oldest ? oldest : end) - DefaultSpan : oldest);
        begin = begin < oldest ? oldest : begin;
        var lastDay = Day(end + ClockDifference);
        var position = new AuditCursor(Day(begin - ClockDifference), "");
        if (after is { } given && given.Day >= position.Day)
        {
            position = given;
        }

        var found = new List<StoredAuditEntry>();
        var (days, seen) = (0, 0);
        while (position.Day <= lastDay)
        {
            var most = Math.Min(MostSeenAtOnce, filter.Subjects > 1 ? MostSeen - seen : limit - found.Count);
            var start = position.Id.Length > 0 ? "(" + position.Id : Milliseconds(begin);
            var stretch = await store.ReadAsync(position.Day, filter, start, Milliseconds(end), most, ct);
            seen += stretch.Seen;
            var isCut = found.Count + stretch.Entries.Count > limit;
            found.AddRange(stretch.Entries.Take(limit - found.Count));
            position = stretch.Seen > 0 ? position with { Id = isCut ? found[^1].Id : stretch.LastId } : position;
            var isOver = !isCut && stretch.Seen < most;
            if (isOver && (position.Day == lastDay || position.Day >= Day(now)))
            {
                return new AuditPage(found, position, HasMore: false);
            }

            if (isOver)
            {
                (position, days) = (new AuditCursor(position.Day.AddDays(1), ""), days + 1);
            }

            if (found.Count >= limit || seen >= MostSeen || days >= MostDays)
            {
                return new AuditPage(found, position, HasMore: true);
            }
        }

        return new AuditPage(found, position, HasMore: false);
    }

    private static DateOnly Day(DateTimeOffset at) => DateOnly.FromDateTime(at.UtcDateTime);

    private static string Milliseconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
}
