using System.Globalization;
using System.Text;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Messages;

/// <summary>The new entries of a session and how it stands.</summary>
/// <param name="Cursor">The id of the last entry the caller has now.</param>
/// <param name="HasMore">More entries are there than were asked for.</param>
/// <param name="PageChanges">How often the visitor has gone to another page; for operators only.</param>
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
    IReadOnlyList<Message> Messages,
    int PageChanges = 0)
{
    /// <summary>The size of its texts in bytes (UTF-8).</summary>
    public int TextBytes => Messages.Sum(BytesOf);

    /// <summary>As much of it as has so many bytes of texts.</summary>
    /// <param name="after">The cursor where nothing is left of it.</param>
    public PollReply Within(int bytes, string after)
    {
        var count = Messages.TakeWhile(message => (bytes -= BytesOf(message)) >= 0).Count();
        return count == Messages.Count ? this
            : this with { Messages = [.. Messages.Take(count)], HasMore = true, Cursor = count == 0 ? after : Messages[count - 1].Id };
    }

    private static int BytesOf(Message message) => Encoding.UTF8.GetByteCount(message.Text);
}

/// <summary>
/// Reads the news of a session. Polls are most of all requests, so one that changes nothing is three plain reads in one round trip, which cost Redis a third of
/// a script: nothing is written for it, to no file and no replica. A script serves those that change something: a poll without a cursor, and those that have
/// become so many that Redis must count them; and it has the last word where a session is closed.
/// </summary>
public sealed class PollStore(RedisGateway redis, PollCounts counts)
{
    /// <summary>Entries that a poll reads at first; hardly any finds more. The rest is read in bulk.</summary>
    public const int Few = 4;

    private const int MostInBulk = 64;

    /// <summary>
    /// Bytes of the texts in one answer (UTF-8): a message that would go beyond is left for the next poll, unless it is the first. So no answer takes much of
    /// this process's memory, however slowly it is read.
    /// </summary>
    public const int MostBytes = 32 * 1024;

    /// <summary>
    /// What came after the cursor; without one, since the caller's last poll without one. A caller without the right to enter the session, or that comes too
    /// often, gets no reply. With <paramref name="most"/> 0 only whether there is anything.
    /// </summary>
    public Task<Admission<PollReply>> PollAsync(SessionAccess access, Caller caller, string? after, int most, CancellationToken ct)
    {
        var due = counts.Due(access);
        return after is null || due > 0
            ? RunAsync(access.Times(due), caller, after, most, ct)
            : ReadAsync(access, caller, after, most, ct);
    }

    private async Task<Admission<PollReply>> ReadAsync(SessionAccess access, Caller caller, string after, int most, CancellationToken ct)
    {
        var read = await redis.PipelineAsync(
            3, Keys.Session(access.SessionId), new Reading(access, MessageStore.OtherSide(caller), after, Math.Min(most, Few)), static (redis, read) => read.RunAsync(redis), ct);
        if (read.Reply is not { } few)
        {
            return default;
        }

        if (!counts.IsFree(access))
        {
            return await PollAsync(access, caller, after, most, ct);
        }

        // Fewer than asked for are as many as go into one answer.
        var reply = few is { HasMore: true, Messages.Count: Few } && most > Few ? await ReadOnAsync(few, most, MostBytes, ct) : few;
        return read.IsAhead || MayLackItsEnd(reply) ? await RunAsync(access with { Allowance = "" }, caller, after, Math.Max(most, 1), ct)
            : reply;
    }

    /// <summary>
    /// The few entries of a poll and those that follow, up to so many and so many bytes of texts. Where bulk reads get no answer, the few are all; the caller is
    /// told that there is more.
    /// </summary>
    public async Task<PollReply> ReadOnAsync(PollReply few, int most, int mostBytes, CancellationToken ct)
    {
        var (messages, bytes, hasMore) = (few.Messages.ToList(), few.TextBytes, true);
        try
        {
            while (hasMore && messages.Count < most && bytes < mostBytes)
            {
                // About as many as go into the answer; a few short ones before tell little of those that follow.
                var asked = Math.Clamp((mostBytes - bytes) / Math.Max(1, bytes / messages.Count), 1, Math.Min(most - messages.Count, Math.Min(MostInBulk, 4 * messages.Count)));
                var entries = await redis.BulkAsync(
                    1, Keys.Messages(few.SessionId), (key: Keys.Messages(few.SessionId), after: messages[^1].Id, count: asked + 1),
                    static (redis, read) => redis.StreamRangeAsync(read.key, "(" + read.after, "+", read.count), ct);
                var fitting = Fitting(entries, asked, ref bytes, mostBytes);
                hasMore = fitting < entries.Length;
                messages.AddRange(entries[..fitting].Select(MessageOf));
                if (fitting < asked)
                {
                    break;
                }
            }
        }
        catch (StorageUnavailableException)
        {
            // They come with the next poll.
        }

        return few with { Messages = messages, Cursor = messages[^1].Id, HasMore = hasMore };
    }

    /// <summary>How many of these entries go into an answer that has so many bytes already.</summary>
    private static int Fitting(StreamEntry[] entries, int most, ref int bytes, int mostBytes = MostBytes)
    {
        for (var n = 0; n < entries.Length; n++)
        {
            var text = entries[n].Values is { Length: > 2 } fields ? (int)fields[2].Value.Length() : 0;
            if (n == most || (bytes > 0 && bytes + text > mostBytes))
            {
                return n;
            }

            bytes += text;
        }

        return entries.Length;
    }

    /// <summary>
    /// Closed, and not by what was read here: either the caller has that entry, or it was written in between. The reads go out together, but while a Cluster
    /// moves the session to another server, that of the session may be answered there, after that of the entries here. A client that is told that a session is
    /// closed may never ask again, so a script tells, which sees both at once.
    /// </summary>
    private static bool MayLackItsEnd(PollReply reply) =>
        reply is { Status: SessionStatus.Closed, HasMore: false } && !reply.Messages.Any(message => message.Event == "closed");

    /// <summary>The reads of one poll.</summary>
    internal sealed class Reading(SessionAccess access, string other, string after, int most)
    {
        private static readonly RedisValue[] ForVisitors = ["read:operator", "newest"], ForOperators = ["read:visitor", "newest", "pages"];

        public PollReply? Reply { get; private set; }

        /// <summary>
        /// Whether the cursor comes after the newest entry, as far as the session knows it: a failover may have lost what it stands for, and new entries may
        /// come before it. A script looks, and begins anew where that is so.
        /// </summary>
        public bool IsAhead { get; private set; }

        /// <summary>The session first, so that nobody is told that it is closed without the entry that says so.</summary>
        public async Task<Reading> RunAsync(IDatabase redis)
        {
            var batch = redis.CreateBatch();
            var session = batch.HashGetAsync(
                Keys.Session(access.SessionId),
                [access.Holder, "superseded", "status", "operator", "operator_name", "department", "called", .. other == "operator" ? ForVisitors : ForOperators]);
            // To read none is to ask for what comes after the cursor and up to it.
            var entries = batch.StreamRangeAsync(Keys.Messages(access.SessionId), "(" + after, most == 0 ? after : "+", most + 1);
            var typing = batch.KeyTimeToLiveAsync(Keys.Typing(access.SessionId, other));
            batch.Execute();
            // Answers come in this order, so that after the last one nothing is left to wait for.
            // One that has more left wrote before the clock of Redis was set back.
            var isTyping = await typing is { } left && left <= MessageStore.TypingFor;
            Reply = Parse(await session, await entries, isTyping);
            return this;
        }

        private PollReply? Parse(RedisValue[] session, StreamEntry[] entries, bool typing)
        {
            if (!access.Admits(session[0], session[1]))
            {
                return null;
            }

            IsAhead = entries.Length == 0 && after != Cursor.Start && (session[8] is not { IsNull: false } newest || Cursor.IsAfter(after, newest!));
            var bytes = 0;
            var fitting = Fitting(entries, most, ref bytes);
            var hasMore = most == 0 ? session[8] is { IsNull: false } last && Cursor.IsAfter(last!, after) : fitting < entries.Length;
            var messages = fitting == 0 ? [] : Array.ConvertAll(hasMore ? entries[..fitting] : entries, MessageOf);
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
                messages,
                session.Length > 9 ? (int)session[9] : 0);
        }
    }

    private async Task<Admission<PollReply>> RunAsync(SessionAccess access, Caller caller, string? after, int most, CancellationToken ct)
    {
        var who = caller is Caller.Operator { Id: var id } ? $"operator:{Uri.EscapeDataString(id)}" : "visitor";
        var other = MessageStore.OtherSide(caller);
        // Only a poll without a cursor changes anything that a second attempt would have to know.
        var request = after is null ? MessageStore.NewRequestId() : "";
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.poll_messages,
            [.. Keys.OfSession(access.SessionId), Keys.Typing(access.SessionId, other)],
            [access.Kind, access.Credential, access.Allowance, after ?? "", most, who, other, request, MostBytes],
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
                MessageStore.ParseAll(reply.Items(10)),
                int.Parse(reply.Text(11)!, CultureInfo.InvariantCulture)),
            _ => reply.Refused<PollReply>(Scripts.poll_messages),
        };
    }

    internal static Message MessageOf(StreamEntry entry)
    {
        var fields = entry.Values;
        NameValueEntry Field(int index) => index < fields.Length ? fields[index] : default;
        return Message.From(entry.Id!, Field(0).Value, Field(1).Value, Field(2).Value, Field(3).Name, Field(3).Value);
    }
}
