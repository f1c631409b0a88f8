using System.Buffers.Text;
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
    /// The keys of one session, in the order in which every session script takes them. They live as long as the session's retention says,
    /// renewed on each write.
    /// <list type="number">
    /// <item>hash: status, owner, call, operator, poll cursors, times (owner: SessionStore)</item>
    /// <item>stream: every message and system entry; the entry id is the message id and the cursor (owner: MessageStore)</item>
    /// <item>hash: client message id -> entry id (owner: MessageStore)</item>
    /// <item>sharded channel, not a key: a new entry is announced here (owner: EntrySignals)</item>
    /// </list>
    /// </summary>
    public static RedisKey[] OfSession(string id)
    {
        var session = Session(id);
        return [session, session + ":messages", session + ":sent", Announcements(id)];
    }

    /// <summary>The session's hash alone.</summary>
    public static string Session(string id) => $"chat:{{s:{id}}}";

    /// <summary>The sharded channel of a session's new entries.</summary>
    public static string Announcements(string sessionId) => Session(sessionId) + ":new";

    /// <summary>
    /// The keys of one account (owner: AccountStore), kept as long as its newest session may live: a string, the id of the account's current
    /// session; and a sorted set, its earlier sessions by the time (ms) they were replaced.
    /// </summary>
    public static RedisKey[] OfAccount(string userId)
    {
        var account = $"chat:{{u:{Digest(userId)}}}";
        return [account, account + ":earlier"];
    }

    /// <summary>
    /// The keys of one department's queue, without a lifetime: they are empty when nobody waits.
    /// <list type="number">
    /// <item>list: session ids that wait, the next to be served at the head (owner: QueueStore)</item>
    /// <item>hash: session id -> "first call time in ms, traceparent of the call" (owner: QueueStore)</item>
    /// <item>sorted set: session being claimed -> deadline (ms) by which the claim must be through (owner: ClaimStore)</item>
    /// <item>hash: who is being given which call, by operator and by session, so that a repeated claim gets the same one (owner: ClaimStore)</item>
    /// </list>
    /// </summary>
    public static RedisKey[] OfQueue(string department)
    {
        var queue = $"chat:{{q:{department}}}";
        return [queue + ":waiting", queue + ":calls", queue + ":leases", queue + ":claims"];
    }

    /// <summary>Sorted set: operator id -> time (ms) of its last call (owner: RosterStore). Entries older than a day are dropped.</summary>
    public static readonly RedisKey OperatorsSeen = "chat:{operators}:seen";

    /// <summary>Sorted set: session id -> time (ms) since when this operator has it (owner: RosterStore). An index: the session's hash decides.</summary>
    public static RedisKey HeldBy(string operatorId) => $"chat:{{operators}}:held:{Digest(operatorId)}";

    /// <summary>Sorted set: session id -> time (ms) of closing, the newest 500 that this operator had (owner: RosterStore), kept as long as they are.</summary>
    public static RedisKey ClosedBy(string operatorId) => $"chat:{{operators}}:closed:{Digest(operatorId)}";

    private static string Digest(string id) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
}
