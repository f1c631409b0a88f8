using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Messages;

/// <summary>A stretch of a conversation, in the order it was asked for.</summary>
/// <param name="Newest">The id of the session's newest entry; null while there is none.</param>
public sealed record HistoryStretch(string SessionId, SessionStatus Status, string? ReadUpTo, string? Newest, IReadOnlyList<Message> Messages);

/// <summary>Reads the messages of a session in stretches; like polls, by plain reads in one round trip, and by a script where Redis has to count it.</summary>
public sealed class HistoryStore(RedisGateway redis, PollCounts counts)
{
    /// <summary>
    /// Entries from <paramref name="from"/> to <paramref name="to"/>, as XRANGE takes them, oldest first. Who may not enter the session, or not so often, gets
    /// no reply.
    /// </summary>
    public Task<Admission<HistoryStretch>> ReadForwardsAsync(SessionAccess access, Caller caller, string from, string to, int most, CancellationToken ct) =>
        ReadAsync(access, new Reading(access, MessageStore.OtherSide(caller), Order.Ascending, from, to, most), ct);

    /// <summary>Entries before <paramref name="before"/>, or from the newest, newest first.</summary>
    public Task<Admission<HistoryStretch>> ReadBackwardsAsync(SessionAccess access, Caller caller, string? before, int most, CancellationToken ct) =>
        ReadAsync(access, new Reading(access, MessageStore.OtherSide(caller), Order.Descending, before is null ? "+" : Cursor.Before(before), "-", most), ct);

    private async Task<Admission<HistoryStretch>> ReadAsync(SessionAccess access, Reading reading, CancellationToken ct)
    {
        var due = counts.Due(access);
        if (due > 0)
        {
            return await reading.ByScriptAsync(redis, access.Times(due).Allowance, ct);
        }

        await redis.BulkAsync(3, Keys.Session(access.SessionId), reading, static (redis, reading) => reading.RunAsync(redis), ct);
        return reading.Reply is null || counts.IsFree(access)
            ? new(reading.Reply, null)
            : await ReadAsync(access, reading, ct);
    }

    private sealed class Reading(SessionAccess access, string other, Order order, string start, string end, int most)
    {
        public HistoryStretch? Reply { get; private set; }

        /// <summary>
        /// The newest entry last: read before, it could be older than the last of the stretch, and a client that polls on from it would get that again. One that
        /// came in between is read as the next stretch. While a Cluster moves the session to another server, its status may be newer than the entries; both
        /// reads of those go the same way, so that a client that polls on from the cursor gets what is missing.
        /// </summary>
        public async Task<Reading> RunAsync(IDatabase redis)
        {
            var (key, stream) = (Keys.Session(access.SessionId), Keys.Messages(access.SessionId));
            var batch = redis.CreateBatch();
            var session = batch.HashGetAsync(key, [access.Holder, "superseded", "status", "read:" + other]);
            var entries = order == Order.Ascending
                ? batch.StreamRangeAsync(stream, start, end, most)
                : batch.StreamRangeAsync(stream, end, start, most, Order.Descending);
            var newest = batch.StreamRangeAsync(stream, "-", "+", 1, Order.Descending);
            batch.Execute();
            var last = await newest;
            var fields = await session;
            Reply = access.Admits(fields[0], fields[1])
                ? new HistoryStretch(
                    access.SessionId,
                    Session.ParseStatus(fields[2]!),
                    fields[3],
                    last.Length > 0 ? (string?)last[0].Id : null,
                    Array.ConvertAll(await entries, PollStore.MessageOf))
                : null;
            return this;
        }

        public async Task<Admission<HistoryStretch>> ByScriptAsync(RedisGateway redis, string allowance, CancellationToken ct)
        {
            var reply = new ScriptReply(await redis.RunAsync(
                Scripts.read_history,
                Keys.OfSession(access.SessionId),
                [access.Kind, access.Credential, allowance, order == Order.Ascending ? "forwards" : "backwards", start, end, most, other],
                ct));
            return reply.Status switch
            {
                "ok" => new HistoryStretch(
                    access.SessionId,
                    Session.ParseStatus(reply.Text(1)!),
                    MessageStore.NullIfEmpty(reply.Text(2)),
                    MessageStore.NullIfEmpty(reply.Text(3)),
                    MessageStore.ParseAll(reply.Items(4))),
                _ => reply.Refused<HistoryStretch>(Scripts.read_history),
            };
        }
    }
}
