using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Messages;

/// <summary>The new entries of a session and how it stands.</summary>
/// <param name="Cursor">The id of the last entry the caller has now.</param>
/// <param name="HasMore">More entries are there than were asked for.</param>
public sealed record PollReply(
    string SessionId,
    SessionStatus Status,
    string? OperatorId,
    string? OperatorName,
    string? Department,
    DateTimeOffset? CalledAt,
    bool Typing,
    string? ReadUpTo,
    bool HasMore,
    string Cursor,
    IReadOnlyList<Message> Messages);

/// <summary>
/// What is new in a session. Polls are most of all requests, so one that changes nothing is three plain reads in one round trip, which cost Redis a third of
/// a script: nothing is written for it, to no file and no replica. A script serves those that change something: a poll without a cursor, and those that have
/// become so many that Redis must count them; and it has the last word where a session is closed.
/// </summary>
public sealed class PollStore(RedisGateway redis, PollCounts counts)
{
    /// <summary>
    /// What came after the cursor; without one, since the caller's last poll without one. Who may not enter the session, or not so often, gets no reply.
    /// </summary>
    public Task<Entered<PollReply>> PollAsync(SessionAccess access, Caller caller, string? after, int most, CancellationToken ct)
    {
        var due = counts.Due(access);
        return after is null || due > 0
            ? RunAsync(access.Times(due), caller, after, most, ct)
            : ReadAsync(access, caller, after, most, ct);
    }

    private async Task<Entered<PollReply>> ReadAsync(SessionAccess access, Caller caller, string after, int most, CancellationToken ct)
    {
        var read = await redis.PipelineAsync(
            3, Keys.Session(access.SessionId), new Reading(access, MessageStore.OtherSide(caller), after, most), static (redis, read) => read.RunAsync(redis), ct);
        return read.Reply is not { } reply ? default
            : !counts.IsFree(access) ? await PollAsync(access, caller, after, most, ct)
            : MayLackItsEnd(reply) ? await RunAsync(access with { Allowance = "" }, caller, after, most, ct)
            : reply;
    }

    /// <summary>
    /// Closed, and not by what was read here: either the caller has that entry, or it was written in between. The reads go out together, but while a Cluster
    /// moves the session to another server, that of the session may be answered there, after that of the entries here. Whoever is told that a session is
    /// closed may never ask again, so a script tells, which sees both at once.
    /// </summary>
    private static bool MayLackItsEnd(PollReply reply) =>
        reply is { Status: SessionStatus.Closed, HasMore: false } && !reply.Messages.Any(message => message.Event == "closed");

    /// <summary>The reads of one poll.</summary>
    internal sealed class Reading(SessionAccess access, string other, string after, int most)
    {
        public PollReply? Reply { get; private set; }

        /// <summary>The session first, so that nobody is told that it is closed without the entry that says so.</summary>
        public async Task<Reading> RunAsync(IDatabase redis)
        {
            var batch = redis.CreateBatch();
            var session = batch.HashGetAsync(
                Keys.Session(access.SessionId),
                [access.Holder, "superseded", "status", "operator", "operator_name", "department", "called", other == "operator" ? "read:operator" : "read:visitor"]);
            var entries = batch.StreamRangeAsync(Keys.Messages(access.SessionId), "(" + after, "+", most + 1);
            var typing = batch.KeyExistsAsync(Keys.Typing(access.SessionId, other));
            batch.Execute();
            // Answers come in this order, so that after the last one nothing is left to wait for.
            var isTyping = await typing;
            Reply = Parse(await session, await entries, isTyping);
            return this;
        }

        private PollReply? Parse(RedisValue[] session, StreamEntry[] entries, bool typing)
        {
            if (!access.Admits(session[0], session[1]))
            {
                return null;
            }

            var hasMore = entries.Length > most;
            var messages = entries.Length == 0 ? [] : Array.ConvertAll(hasMore ? entries[..most] : entries, MessageOf);
            return new PollReply(
                access.SessionId,
                Session.ParseStatus(session[2]!),
                session[3],
                session[4],
                session[5],
                session[6] is { IsNull: false } called ? Stored.CallTime(called!) : null,
                typing,
                session[7],
                hasMore,
                messages.Length > 0 ? messages[^1].Id : after,
                messages);
        }
    }

    private async Task<Entered<PollReply>> RunAsync(SessionAccess access, Caller caller, string? after, int most, CancellationToken ct)
    {
        var who = caller is Caller.Operator { Id: var id } ? $"operator:{Uri.EscapeDataString(id)}" : "visitor";
        var other = MessageStore.OtherSide(caller);
        // Only a poll without a cursor changes anything that a second attempt would have to know.
        var request = after is null ? MessageStore.NewRequestId() : "";
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.poll_messages,
            [.. Keys.OfSession(access.SessionId), Keys.Typing(access.SessionId, other)],
            [access.Kind, access.Credential, access.Allowance, after ?? "", most, who, other, request],
            ct));
        return reply.Status switch
        {
            "ok" => new PollReply(
                access.SessionId,
                Session.ParseStatus(reply.Text(1)!),
                MessageStore.NullIfEmpty(reply.Text(2)),
                MessageStore.NullIfEmpty(reply.Text(3)),
                MessageStore.NullIfEmpty(reply.Text(4)),
                MessageStore.NullIfEmpty(reply.Text(5)) is { } called ? Stored.CallTime(called) : null,
                reply.Text(6) == "1",
                MessageStore.NullIfEmpty(reply.Text(7)),
                reply.Text(8) == "1",
                reply.Text(9)!,
                MessageStore.ParseAll(reply.Items(10))),
            _ => reply.Refused<PollReply>(Scripts.poll_messages),
        };
    }

    internal static Message MessageOf(StreamEntry entry)
    {
        var fields = entry.Values;
        var tag = fields.Length > 3 ? fields[3] : default;
        return Message.From(entry.Id!, fields[0].Value!, fields[1].Value, fields[2].Value, tag.Name, tag.Value);
    }
}
