using System.Diagnostics;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Operators;

/// <summary>Something about a session that its visitor never sees.</summary>
/// <param name="What"><c>note</c>, or what was done: <c>transferred</c>, <c>blocked</c>, <c>unblocked</c>, <c>customer_seen</c>.</param>
public sealed record Note(string Id, string What, OperatorIdentity Operator, string Text, DateTimeOffset At);

public enum AddNoteStatus
{
    Added,
    Full,
    Gone,
}

/// <summary>The notes and audit entries of each session.</summary>
public sealed class NoteStore(RedisGateway redis, IOptions<ChatOptions> options)
{
    /// <summary>Most notes and audit entries of a session.</summary>
    public const int MostEntries = 2000;

    /// <summary>How many entries are read at once, how many in all, and after how many bytes of texts no more are read.</summary>
    private const int Stretch = 16, MostRead = 500, MostReadBytes = 256 * 1024;

    /// <summary>Adds an entry once for each request; without the id of one it takes one for this call.</summary>
    public async Task<(AddNoteStatus Status, Note? Note)> AddAsync(
        string sessionId, string what, Caller.Operator by, string text, string? request, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.add_note, Keys.OfSession(sessionId), [what, by.Id, by.Name, text, MostEntries, request ?? Guid.NewGuid().ToString("N"), options.Value.Limits.BytesPerSession], ct));
        return reply.Status switch
        {
            "added" => (AddNoteStatus.Added, new Note(reply.Text(1)!, what, new OperatorIdentity(by.Id, by.Name), text, Stored.TimeOf(reply.Text(1)!))),
            "full" => (AddNoteStatus.Full, null),
            "gone" => (AddNoteStatus.Gone, null),
            var other => throw new UnreachableException($"add_note.lua replied {other}"),
        };
    }

    /// <summary>The newest of a session, oldest first: 500, or fewer where they take more than 256 KB.</summary>
    public async Task<IReadOnlyList<Note>> ReadAsync(string sessionId, CancellationToken ct)
    {
        var (notes, bytes, isEnd) = (new List<Note>(), 0, false);
        while (!isEnd && notes.Count < MostRead && bytes < MostReadBytes)
        {
            var key = Keys.OfSession(sessionId)[4];
            var entries = await redis.BulkAsync(
                1, key, (key, end: notes.Count == 0 ? "+" : "(" + notes[^1].Id),
                static (db, read) => db.StreamRangeAsync(read.key, "-", read.end, Stretch, Order.Descending), ct);
            notes.AddRange(entries.Select(e => new Note(
                e.Id!, e["what"]!, new OperatorIdentity(e["operator"]!, e["name"]), e["text"]!, Stored.TimeOf(e.Id!))));
            bytes += entries.Sum(e => (int)e["text"].Length());
            isEnd = entries.Length < Stretch;
        }

        notes.Reverse();
        return notes;
    }
}
