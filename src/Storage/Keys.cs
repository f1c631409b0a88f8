using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>
/// Every key of the service. Keys that one script touches share a hash tag (the part in braces), so that they lie in one slot of a
/// Redis Cluster. User and operator ids come from the platform and may hold anything, so keys carry their digest.
/// </summary>
public static class Keys
{
    /// <summary>
    /// The keys of one session, in the order in which every session script takes them. They live as long as the session's retention says, all
    /// equally long; a write renews that, where it is not as good as new.
    /// <list type="number">
    /// <item>hash: status, owner, call, operator, poll cursors, times (owner: SessionStore)</item>
    /// <item>stream: every message and system entry; the entry id is the message id and the cursor (owner: MessageStore)</item>
    /// <item>hash: sender and client message id -> entry id and request (owner: MessageStore)</item>
    /// <item>sharded channel, not a key: a new entry is announced here (owner: ChannelSubscriptions)</item>
    /// <item>stream: notes and audit entries that the visitor never sees (owner: NoteStore)</item>
    /// </list>
    /// </summary>
    public static RedisKey[] OfSession(string id)
    {
        var session = Session(id);
        return [session, Messages(id), session + ":sent", Announcements(id), session + ":notes"];
    }

    /// <summary>The session's hash alone.</summary>
    public static string Session(string id) => $"chat:{{s:{id}}}";

    /// <summary>The session's stream of entries alone.</summary>
    public static string Messages(string sessionId) => $"chat:{{s:{sessionId}}}:messages";

    /// <summary>String that is there while a side, <c>visitor</c> or <c>operator</c>, is writing: for six seconds, unless it says so again (owner: MessageStore).</summary>
    public static string Typing(string sessionId, string side) => $"chat:{{s:{sessionId}}}:typing:{side}";

    /// <summary>The sharded channel of a session's new entries.</summary>
    public static string Announcements(string sessionId) => Session(sessionId) + ":new";

    /// <summary>
    /// The keys of one account (owner: AccountStore), kept as long as its newest session may live: a string, the id of the account's current
    /// session; a sorted set, its earlier sessions by the time (ms) they were replaced; a string that exists while the account is blocked.
    /// </summary>
    public static RedisKey[] OfAccount(string userId)
    {
        var account = $"chat:{{u:{Digest(userId)}}}";
        return [account, account + ":earlier", account + ":blocked"];
    }

    /// <summary>
    /// The keys of one department's queue, without a lifetime: they are empty when nobody waits.
    /// <list type="number">
    /// <item>list: session ids that wait, the next to be served at the head (owner: QueueStore)</item>
    /// <item>hash: session id -> "first call time in µs, wait estimated then in s or -, traceparent of the call" (owner: QueueStore)</item>
    /// <item>sorted set: session being claimed -> deadline (ms) by which the claim must be through (owner: ClaimStore)</item>
    /// <item>hash: who is being given which call, by operator and by session, so that a repeated claim gets the same one (owner: ClaimStore)</item>
    /// <item>sharded channel, not a key: a call that may be claimed is announced here (owner: ChannelSubscriptions)</item>
    /// <item>sorted set: session id -> when (ms) its visitor was last seen; 10^14 more while the visitor counts as gone (owner: QueueStore)</item>
    /// <item>sorted set: session id -> first call time in µs, of the calls whose visitor is gone; they are served after the list (owner: QueueStore)</item>
    /// <item>hash: digest of a client address -> the calls that count for it; session id -> that digest (owner: QueueStore); a day at most</item>
    /// </list>
    /// </summary>
    public static RedisKey[] OfQueue(string department)
    {
        var queue = $"chat:{{q:{department}}}";
        return [queue + ":waiting", queue + ":calls", queue + ":leases", queue + ":claims", CallsOf(department), queue + ":seen", queue + ":gone", queue + ":clients"];
    }

    /// <summary>The sharded channel of a department's calls.</summary>
    public static string CallsOf(string department) => $"chat:{{q:{department}}}:new";

    /// <summary>
    /// Sorted set: "digest of the session id, value" -> time (ms), the samples of the last day of one kind (owner: SampleStore): seconds waited, seconds to
    /// the first response, seconds an operator was busy, ratings.
    /// </summary>
    public static RedisKey Samples(string department, string kind) => $"chat:{{q:{department}}}:samples:{kind}";

    /// <summary>Sorted set: department -> time (ms) when a node last had it in its settings, or found a call in it; 40 days (owner: DepartmentStore).</summary>
    public static readonly RedisKey Departments = "chat:{queues}:departments";

    /// <summary>The sharded channel on which an operator learns that a session was transferred to it.</summary>
    public static string AssignmentsOf(string operatorId) => $"chat:{{operators}}:to:{Digest(operatorId)}";

    /// <summary>Hash: shortcut -> text, without a lifetime (owner: CannedReplyStore).</summary>
    public static readonly RedisKey CannedReplies = "chat:{operators}:canned";

    /// <summary>Sorted set: shortcut -> time (ms) at which it was deleted, the newest 1,000 of the last ten minutes (owner: CannedReplyStore).</summary>
    public static readonly RedisKey DeletedReplies = "chat:{operators}:canned:deleted";

    /// <summary>
    /// The keys of the roster of operators (owner: RosterStore). Operators that have not called for a day leave it.
    /// <list type="number">
    /// <item>sorted set: operator id -> time (ms) of its last call</item>
    /// <item>hash: operator id -> what it said of itself: "status capacity departments"</item>
    /// <item>sorted set of equal scores: "operator id, newline, session id" for each session that an operator has; an index, the session's
    /// hash decides</item>
    /// <item>hash: operator id -> name</item>
    /// <item>hash: the same "operator id, newline, session id" -> since when (ms) it is counted</item>
    /// <item>hash: operator id -> the departments that its last token granted (owner: GrantStore); only with <c>Jwt__DepartmentsClaim</c></item>
    /// </list>
    /// </summary>
    public static RedisKey[] OfRoster() =>
        ["chat:{operators}:seen", "chat:{operators}:presence", "chat:{operators}:held", "chat:{operators}:names", "chat:{operators}:holding", Grants];

    /// <summary>The roster's hash of grants alone.</summary>
    public static readonly RedisKey Grants = "chat:{operators}:grants";

    /// <summary>String: what GCRA keeps of one operator's polls or other calls, for a minute at most (owner: RosterStore).</summary>
    public static RedisKey CallsBy(string operatorId, string what) => $"chat:{{operators}}:{what}:{Digest(operatorId)}";

    /// <summary>String: what GCRA keeps of what one client address did, for a minute at most (owner: SharedRateLimits).</summary>
    public static RedisKey PermitsOf(string client, string what) => $"chat:{{c:{Digest(client)}}}:{what}";

    /// <summary>
    /// Sorted set: digest of a session id -> time (ms) when its call took a place among those of this client address, over all departments (owner: QueueStore).
    /// Some may have left their queue since; who finds no place looks which have. A day at most.
    /// </summary>
    public static RedisKey CallsOfClient(string client) => $"chat:{{c:{Digest(client)}}}:calls";

    /// <summary>
    /// Stream: the audit entries of a day in UTC (owner: AuditStore), kept for <c>Audit__Days</c>. One stream a day, so that on a Cluster the days lie in
    /// different slots and age needs no trimming.
    /// </summary>
    public static RedisKey Audit(DateOnly day) => AuditDay(day) + ":entries";

    /// <summary>
    /// Sorted set of equal scores: "time (ms)-sequence in six digits" of the day's audit entries of one subject, kept as long (owner: AuditStore). A stream of a
    /// few ids would take 4 KB.
    /// </summary>
    /// <param name="day">The day.</param>
    /// <param name="kind"><c>operator</c>, <c>session</c> or <c>user</c>.</param>
    /// <param name="subject">Its digest, by <see cref="AuditDigest"/>.</param>
    public static RedisKey AuditOf(DateOnly day, string kind, string subject) => $"{AuditDay(day)}:{kind}:{subject}";

    /// <summary>String: there for a minute once a request's audit entry is stored (owner: AuditStore).</summary>
    public static RedisKey AuditedOnce(DateOnly day, string request) => $"{AuditDay(day)}:once:{request}";

    /// <summary>String: how many refused attempts of a caller the day has recorded, for two days (owner: AuditStore).</summary>
    public static RedisKey AuditRefusals(DateOnly day, string caller) => $"{AuditDay(day)}:refused:{caller}";

    /// <summary>The digest of an id in the audit stream: 132 bits of its SHA-256 in base64url.</summary>
    public static string AuditDigest(string id) => Digest(id)[..22];

    private static string AuditDay(DateOnly day) => string.Create(CultureInfo.InvariantCulture, $"chat:{{a:{day:yyyyMMdd}}}");

    /// <summary>String: "state until", what a supervisor lets anonymous visitors do, and until when (ms) or 0; gone then (owner: AnonymousStore).</summary>
    public static readonly RedisKey AnonymousOrder = "chat:{anonymous}:order";

    /// <summary>The sharded channel on which every node learns of a new order.</summary>
    public const string AnonymousOrders = "chat:{anonymous}:new";

    /// <summary>
    /// Hash: hour since 1970 -> bytes of anonymous sessions that end in it; <c>total</c>, their sum; <c>first</c>, the hour up to which they are counted off
    /// (owner: AnonymousStore). Kept as long as the longest session.
    /// </summary>
    public static readonly RedisKey AnonymousBytes = "chat:{anonymous}:bytes";

    /// <summary>String: id of the last change that a node handed over, for a minute, so that a repeated one counts once (owner: AnonymousStore).</summary>
    public static RedisKey AnonymousCountedBy(string node) => $"chat:{{anonymous}}:counted:{node}";

    /// <summary>
    /// String in the slot of another key, for 15 s at most: one write left it, so a server that has it has that write (owner: Replicas).
    /// </summary>
    public static RedisKey Marker(RedisKey beside, Guid write)
    {
        var name = (string)beside!;
        return $"chat:{name[name.IndexOf('{')..(name.IndexOf('}') + 1)]}:marker:{write:N}";
    }

    /// <summary>String: the schema version of all that is stored, "major.minor", without a lifetime (owner: Schema).</summary>
    public static readonly RedisKey Schema = "chat:schema";

    /// <summary>String: Unix time (s) of the last backup, which deploy/backup-redis sets (owner: RedisServers).</summary>
    public static readonly RedisKey Backup = "chat:backup";

    /// <summary>
    /// String: a random id of the data set, and when (Unix time, s) it was made, without a lifetime (owner: DataSetMarks). Also asked for to learn whether its slot is served (owner: Probes).
    /// </summary>
    public static RedisKey Mark(int number) => $"chat:{{p:{number}}}";

    /// <summary>Sorted set: session id -> time (ms) of closing, the newest 500 that this operator had (owner: RosterStore), kept as long as they are.</summary>
    public static RedisKey ClosedBy(string operatorId) => $"chat:{{operators}}:closed:{Digest(operatorId)}";

    /// <summary>SHA-256 in base64url: what stands for an id that may hold anything, or that is not to be told.</summary>
    public static string Digest(string id) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
}
