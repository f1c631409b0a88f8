using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>An action, a look or a refusal of a caller. Ids of sessions and accounts are kept as digests.</summary>
/// <param name="What">One word, such as <c>claimed</c>.</param>
/// <param name="Role"><c>operator</c>, <c>supervisor</c>, <c>account</c> or <c>platform</c>.</param>
/// <param name="OperatorId">The operator or supervisor that it was.</param>
/// <param name="SessionId">The session that it was about.</param>
/// <param name="UserId">The account that it was about, or that was refused.</param>
/// <param name="Detail">Words of the service and ids of operators, never a text that somebody wrote.</param>
/// <param name="Refused">The code of the refusal.</param>
public sealed record AuditEntry(
    AuditKind Kind, string What, string Role, string? OperatorId = null, string? OperatorName = null, string? SessionId = null, string? UserId = null,
    string? Detail = null, string? Refused = null)
{
    /// <summary>Idempotency key for retries.</summary>
    internal string Request { get; } = Guid.NewGuid().ToString("N")[..16];
}

/// <summary>An entry as it was stored.</summary>
/// <param name="Session">Digest of the session's id.</param>
/// <param name="User">Digest of the account's id.</param>
public sealed record StoredAuditEntry(
    string Id, DateTimeOffset At, string What, string Role, string? OperatorId, string? OperatorName, string? Session, string? User, string? Detail, string? Refused);

/// <summary>The subject of the entries; null for all.</summary>
public readonly record struct AuditFilter(string? OperatorId, string? UserId, string? SessionId)
{
    /// <summary>How many are named.</summary>
    public int Subjects => (OperatorId is null ? 0 : 1) + (UserId is null ? 0 : 1) + (SessionId is null ? 0 : 1);
}

/// <param name="Seen">How many entries Redis looked at.</param>
/// <param name="LastId">The last of these; empty where there was none.</param>
public sealed record AuditStretch(int Seen, string LastId, IReadOnlyList<StoredAuditEntry> Entries);

/// <summary>
/// The audit stream: append-only, outside the sessions, so that their erasure leaves it alone. It is written and read day by day. Each subject of a day has
/// an index besides, so that reading what concerns one costs what there is of it.
/// </summary>
public sealed class AuditStore(RedisGateway redis, IOptions<AuditOptions> options, TimeProvider time)
{
    /// <summary>Longer ids and names come from no platform in its right mind, and are cut.</summary>
    private const int MostCharacters = 200;

    /// <summary>Adds it, unless the day or its caller has as many as it may.</summary>
    /// <exception cref="StorageUnavailableException">No answer within the gateway's limits.</exception>
    public async Task<AuditOutcome> AddAsync(AuditEntry entry, CancellationToken ct)
    {
        var day = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var (session, user) = (Digest(entry.SessionId), Digest(entry.UserId));
        List<RedisKey> keys = [Keys.Audit(day), Keys.AuditedOnce(day, entry.Request), Keys.AuditRefusals(day, Digest(entry.OperatorId ?? entry.UserId))];
        keys.AddRange(Subjects(day, Digest(entry.OperatorId), session, user));
        var reply = await redis.RunAsync(
            Scripts.record_audit,
            [.. keys],
            [
                options.Value.MostBefore(entry.Kind), options.Value.Days * 86_400L, entry.Kind == AuditKind.Refused ? AuditOptions.RefusalsPerDay : 0,
                entry.OperatorId is null ? 0 : options.Value.ShareOfOperator(entry.Kind), "what", entry.What, "role", entry.Role, "operator", Cut(entry.OperatorId), "name", Cut(entry.OperatorName), "session", session, "user", user, "detail", Cut(entry.Detail), "refused", entry.Refused ?? "",
            ],
            ct);
        return (string?)reply switch
        {
            "full" => AuditOutcome.Full,
            "share" => AuditOutcome.Share,
            _ => AuditOutcome.Done,
        };
    }

    /// <summary>How many entries each day holds; one round trip.</summary>
    /// <exception cref="StorageUnavailableException">No answer within the gateway's limits.</exception>
    public Task<long[]> CountAsync(IEnumerable<DateOnly> days, CancellationToken ct) =>
        redis.EachAsync("XLEN", [.. days.Select(Keys.Audit)], static (db, key) => db.StreamLengthAsync(key), ct);

    /// <summary>Takes the oldest entries of a day out. Returns how many; doing it twice at once takes the same.</summary>
    /// <exception cref="StorageUnavailableException">No answer within the gateway's limits.</exception>
    public async Task<int> TrimAsync(DateOnly day, int most, CancellationToken ct)
    {
        var oldest = await ReadAsync(day, default, "-", "+", most, ct);
        if (oldest.Seen > 0)
        {
            List<RedisKey> keys = [Keys.Audit(day)];
            List<RedisValue> arguments = [oldest.LastId];
            foreach (var entry in oldest.Entries)
            {
                var indexes = Subjects(day, Digest(entry.OperatorId), entry.Session ?? "", entry.User ?? "").ToList();
                keys.AddRange(indexes);
                arguments.AddRange(indexes.Select(_ => (RedisValue)entry.Id));
            }

            await redis.RunAsync(Scripts.trim_audit, [.. keys], [.. arguments], ct);
        }

        return oldest.Seen;
    }

    /// <summary>Reads on from a place in a day; one round trip, however much the day holds.</summary>
    /// <param name="day">Which.</param>
    /// <param name="filter">The subject of the entries.</param>
    /// <param name="start">From where, as XRANGE takes it.</param>
    /// <param name="end">Up to where.</param>
    /// <param name="most">Most entries that Redis looks at.</param>
    /// <param name="ct">Ends the call.</param>
    /// <exception cref="StorageUnavailableException">No answer within the gateway's limits.</exception>
    public async Task<AuditStretch> ReadAsync(DateOnly day, AuditFilter filter, string start, string end, int most, CancellationToken ct)
    {
        var (@operator, session, user) = (Digest(filter.OperatorId), Digest(filter.SessionId), Digest(filter.UserId));
        // Of several subjects the narrowest is read, and the others are looked for in it.
        List<RedisKey> keys = [Keys.Audit(day), .. Subjects(day, @operator, session, user).Take(1)];
        List<RedisValue> arguments = [start, end, most];
        foreach (var (field, value) in ((string, string)[])[("operator", Cut(filter.OperatorId)), ("session", session), ("user", user)])
        {
            arguments.AddRange(value.Length > 0 ? [field, value] : []);
        }

        var reply = new ScriptReply(await redis.RunAsync(Scripts.read_audit, [.. keys], [.. arguments], ct));
        return new AuditStretch((int)reply.Number(0), reply.Text(1) ?? "", [.. reply.Items(2).Select(Parse)]);
    }

    /// <summary>The indexes, the narrowest first.</summary>
    private static IEnumerable<RedisKey> Subjects(DateOnly day, string @operator, string session, string user)
    {
        (string Kind, string Digest)[] subjects = [("session", session), ("user", user), ("operator", @operator)];
        return subjects.Where(subject => subject.Digest.Length > 0).Select(subject => Keys.AuditOf(day, subject.Kind, subject.Digest));
    }

    private static StoredAuditEntry Parse(RedisResult entry)
    {
        var (id, fields) = ((string)entry[0]!, new ScriptReply(entry).Fields(1));
        return new StoredAuditEntry(
            id, Stored.TimeOf(id), Field("what") ?? "", Field("role") ?? "", Field("operator"), Field("name"), Field("session"), Field("user"), Field("detail"), Field("refused"));

        string? Field(string name) => fields.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
    }

    private static string Digest(string? id) => id is null ? "" : Keys.AuditDigest(id);

    private static string Cut(string? text) => text is null ? "" : text.Length <= MostCharacters ? text : text[..MostCharacters];
}
