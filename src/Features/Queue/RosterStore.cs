using System.Diagnostics;
using System.Globalization;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Queue;

public enum PresenceStatus
{
    Online,
    Away,
}

/// <summary>The presence that an operator sets; null leaves a value as it is.</summary>
/// <param name="Capacity">How many sessions it takes at once.</param>
/// <param name="Departments">Those it serves; none named means all.</param>
public sealed record Presence(PresenceStatus? Status, int? Capacity, IReadOnlyList<string>? Departments);

/// <summary>One operator at a moment.</summary>
/// <param name="IsOnline">It did not say away, and called within the last 90 s.</param>
/// <param name="Held">How many sessions it has.</param>
public sealed record RosterEntry(string OperatorId, bool IsOnline, int Capacity, IReadOnlyList<string> Departments, int Held, string Name)
{
    /// <summary>Those that its token grants; null for all.</summary>
    public IReadOnlyList<string>? Granted { get; init; }

    public bool Serves(string department) => (Departments.Count == 0 || Departments.Contains(department)) && IsGranted(department);

    public bool IsGranted(string department) => Granted?.Contains(department) != false;

    /// <summary>As the token of its present request says.</summary>
    public RosterEntry As(Caller.Operator caller) => this with { Granted = caller.Departments };
}

public enum HoldStatus
{
    Held,
    HeldBefore,
    Full,
    Unavailable,
}

/// <summary>A session in the order of closing.</summary>
/// <param name="Score">When it was closed (ms).</param>
public sealed record ClosedMark(string Score, string SessionId);

/// <summary>How far a sweep of the operators' leases has come.</summary>
public sealed record SweepMark(string LastCall, string Member)
{
    public static readonly SweepMark Start = new("-inf", "");
}

/// <param name="At">When it was found.</param>
/// <param name="Next">Where the next sweep goes on.</param>
public sealed record Overdue(DateTimeOffset At, IReadOnlyList<(string OperatorId, string SessionId)> Sessions, SweepMark Next);

/// <summary>
/// Which operators are there, and which sessions each has. The second is an index for finding, counting and leases: a session's own hash
/// decides who has it.
/// </summary>
public sealed class RosterStore(RedisGateway redis, GrantStore grants, IOptions<ChatOptions> options)
{
    /// <summary>Longer than any claim or transfer takes from counting a session to assigning it.</summary>
    private const int OnItsWayMilliseconds = 10_000;

    /// <summary>Notes that an operator called, which renews its leases.</summary>
    public Task SeenAsync(Caller.Operator caller, CancellationToken ct) => NoteAsync(caller, isPoll: false, 0, ct);

    /// <summary>
    /// Notes that an operator called, and counts it; it may call as often as five visitors, for it serves several. Returns null, or how long it
    /// has to wait because it calls too often.
    /// </summary>
    public async Task<TimeSpan?> CountAsync(Caller.Operator caller, bool isPoll, CancellationToken ct)
    {
        await grants.NoteAsync(caller, ct);
        return (long)await NoteAsync(caller, isPoll, 5 * options.Value.Limits.PollsPerMinute, ct) is > 0 and var wait ? TimeSpan.FromMilliseconds(wait) : null;
    }

    /// <summary>Changes what an operator says of itself. Returns the operator as it is now, and whether that changed.</summary>
    public async Task<(RosterEntry Entry, bool IsChanged)> SetPresenceAsync(Caller.Operator caller, Presence presence, CancellationToken ct)
    {
        var status = presence.Status switch
        {
            PresenceStatus.Online => "online",
            PresenceStatus.Away => "away",
            _ => "",
        };
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.set_presence,
            Keys.OfRoster(),
            [
                caller.Id, caller.Name, status, presence.Capacity is { } most ? most : "",
                presence.Departments is null ? "" : "1", string.Join(',', presence.Departments ?? []),
            ],
            ct));
        var entry = new RosterEntry(caller.Id, reply.Status == "online", (int)reply.Number(1), Departments(reply.Text(2)!, options.Value), (int)reply.Number(3), caller.Name);
        return (entry, reply.Text(4) == "1");
    }

    private readonly SharedReads<string, IReadOnlyList<RosterEntry>> all = new(async (_, ct) =>
    {
        var entries = (RedisResult[])(await redis.RunAsync(Scripts.read_roster, Keys.OfRoster(), [""], ct))!;
        var granted = await grants.ReadAsync(ct);
        return [.. entries.Select(entry => Parse(entry, options.Value)).Select(entry => entry with { Granted = granted is null ? null : granted.GetValueOrDefault(entry.OperatorId, []) })];
    });

    /// <summary>The operators that called within the last day, the newest 2,000 of them.</summary>
    public Task<IReadOnlyList<RosterEntry>> ReadAsync(CancellationToken ct) => all.ReadAsync("", "", ct);

    /// <summary>One operator, whether it ever called or not.</summary>
    public async Task<RosterEntry> ReadAsync(string operatorId, CancellationToken ct)
    {
        var entries = (RedisResult[])(await redis.RunAsync(Scripts.read_roster, Keys.OfRoster(), [operatorId], ct))!;
        return Parse(entries[0], options.Value);
    }

    private readonly SharedReads<string, IReadOnlyList<string>> names = new(async (_, ct) =>
        [.. (await redis.CallAsync("HGETALL", Keys.OfRoster()[3], static (db, key) => db.HashGetAllAsync(key), ct)).Select(operatorAndName => (string)operatorAndName.Value!)]);

    /// <summary>The names of the operators that called within the last day.</summary>
    public Task<IReadOnlyList<string>> NamesAsync(CancellationToken ct) => names.ReadAsync("", "", ct);

    /// <summary>The sessions an operator has.</summary>
    public async Task<IReadOnlyList<string>> HeldByAsync(string operatorId, CancellationToken ct)
    {
        var members = await redis.CallAsync(
            "ZRANGEBYLEX", Keys.OfRoster()[2], (db, key) => db.SortedSetRangeByValueAsync(key, operatorId + "\n", operatorId + "\n~"), ct);
        return [.. members.Select(member => ((string)member!)[(operatorId.Length + 1)..])];
    }

    /// <summary>Some sessions that operators have, by operator: those of one, or of all.</summary>
    /// <param name="operatorId">Null for all.</param>
    /// <param name="after">The operator and session after which they begin.</param>
    /// <param name="most">Most sessions.</param>
    /// <param name="ct">Ends the call.</param>
    public async Task<IReadOnlyList<(string OperatorId, string SessionId)>> HeldAsync(string? operatorId, (string OperatorId, string SessionId)? after, int most, CancellationToken ct)
    {
        RedisValue first = after is var (by, session) ? $"{by}\n{session}" : operatorId is null ? default : operatorId + "\n";
        RedisValue last = operatorId is null ? default : operatorId + "\n~";
        var members = await redis.CallAsync(
            "ZRANGEBYLEX",
            Keys.OfRoster()[2],
            (db, key) => db.SortedSetRangeByValueAsync(key, first, last, after is null ? Exclude.None : Exclude.Start, Order.Ascending, 0, most),
            ct);
        return [.. members.Select(member => (string)member!).Select(member => (member[..member.LastIndexOf('\n')], member[(member.LastIndexOf('\n') + 1)..]))];
    }

    /// <summary>Counts a session towards an operator's capacity. Counting it again changes nothing.</summary>
    public async Task<HoldStatus> HoldAsync(string operatorId, string sessionId, bool mustBeOnline, CancellationToken ct) =>
        (string?)await redis.RunAsync(Scripts.hold_session, Keys.OfRoster(), [operatorId, sessionId, mustBeOnline ? "online" : ""], ct) switch
        {
            "held" => HoldStatus.Held,
            "held before" => HoldStatus.HeldBefore,
            "full" => HoldStatus.Full,
            "unavailable" => HoldStatus.Unavailable,
            var other => throw new UnreachableException($"hold_session.lua replied {other}"),
        };

    /// <summary>Records that an operator has a session, even beyond its capacity: the session decides.</summary>
    public Task AddAsync(string operatorId, string sessionId, CancellationToken ct) =>
        redis.RunAsync(Scripts.hold_session, Keys.OfRoster(), [operatorId, sessionId, "assigned"], ct);

    /// <summary>An operator does not have a session any more, or after all. See <c>HeldIndex</c>: it may be given it again meanwhile.</summary>
    public Task LetGoAsync(string operatorId, string sessionId, CancellationToken ct) =>
        redis.RunAsync(Scripts.let_go, Keys.OfRoster(), [operatorId, sessionId, ""], ct);

    /// <summary>Tidies up: strikes out what an operator turned out not to have, unless it may be on its way to it.</summary>
    public Task StrikeOutAsync(string operatorId, string sessionId, CancellationToken ct) =>
        redis.RunAsync(Scripts.let_go, Keys.OfRoster(), [operatorId, sessionId, OnItsWayMilliseconds], ct);

    /// <summary>A session that an operator had has ended.</summary>
    public Task EndedAsync(string operatorId, string sessionId, CancellationToken ct) =>
        redis.RunAsync(
            Scripts.end_held,
            [Keys.OfRoster()[2], Keys.OfRoster()[4], Keys.ClosedBy(operatorId)],
            [operatorId, sessionId, options.Value.Retention.ClosedSeconds],
            ct);

    /// <summary>A session is erased: no operator has or had it.</summary>
    public Task ForgetAsync(string operatorId, string sessionId, CancellationToken ct) =>
        redis.RunAsync(Scripts.forget_held, [Keys.OfRoster()[2], Keys.OfRoster()[4], Keys.ClosedBy(operatorId)], [operatorId, sessionId], ct);

    /// <summary>The sessions that some operators closed, newest first.</summary>
    public async Task<IReadOnlyList<ClosedMark>> EndedOfAsync(IReadOnlyList<string> operatorIds, ClosedMark? after, int most, CancellationToken ct)
    {
        if (operatorIds.Count == 0)
        {
            return [];
        }

        var reply = (RedisResult[])(await redis.RunAsync(
            Scripts.page_closed, [.. operatorIds.Select(Keys.ClosedBy)], [most, after?.Score ?? "", after?.SessionId ?? ""], ct))!;
        return [.. reply.Select(item => (string)item!).Chunk(2).Select(entry => new ClosedMark(entry[1], entry[0]))];
    }

    /// <summary>Where a session stands among those that an operator closed; null where it is not one of them.</summary>
    public async Task<ClosedMark?> MarkOfEndedAsync(string operatorId, string sessionId, CancellationToken ct) =>
        await redis.CallAsync("ZSCORE", Keys.ClosedBy(operatorId), (db, key) => db.SortedSetScoreAsync(key, sessionId), ct) is { } score
            ? new ClosedMark(((long)score).ToString(CultureInfo.InvariantCulture), sessionId)
            : null;

    /// <summary>The sessions of operators that have not called for the time of their lease, and when that was found.</summary>
    public Task<Overdue> OverdueAsync(CancellationToken ct) => OverdueAsync(SweepMark.Start, 1000, ct);

    /// <summary>The same of those whose lease ran out since the last look, and of a part of the index, which goes on where the last look ended.</summary>
    public async Task<Overdue> OverdueAsync(SweepMark mark, int most, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.overdue_held, Keys.OfRoster(), [options.Value.OperatorLeaseSeconds * 1000, most, mark.LastCall, mark.Member], ct));
        var pairs = reply.Items(1).Select(item => (string)item!).Chunk(2);
        return new Overdue(
            DateTimeOffset.FromUnixTimeMilliseconds(reply.Number(0)), [.. pairs.Select(pair => (pair[0], pair[1]))], new SweepMark(reply.Text(2)!, reply.Text(3)!));
    }

    private Task<RedisResult> NoteAsync(Caller.Operator caller, bool isPoll, int perMinute, CancellationToken ct) =>
        redis.RunAsync(
            Scripts.operator_seen, [.. Keys.OfRoster(), Keys.CallsBy(caller.Id, isPoll ? "polls" : "actions")],
            [caller.Id, caller.Name, perMinute], ct);

    /// <summary>
    /// One that the settings no longer have is not served, and an operator that serves no other serves all: else nobody might serve those that are there.
    /// </summary>
    private static IReadOnlyList<string> Departments(string text, ChatOptions options) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Distinct().Where(department => options.Department(department) is not null)];

    private static RosterEntry Parse(RedisResult entry, ChatOptions options) => new(
        (string)entry[0]!,
        (string?)entry[1] == "1",
        int.Parse((string)entry[2]!, CultureInfo.InvariantCulture),
        Departments((string)entry[3]!, options),
        (int)entry[4],
        (string)entry[5]!);
}
