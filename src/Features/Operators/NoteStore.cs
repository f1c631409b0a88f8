using System.Diagnostics;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Operators;

/// <summary>Something about a session that its visitor never sees.</summary>
/// <param name="What"><c>note</c>, or what was done: <c>transferred</c>, <c>blocked</c>, <c>customer_seen</c>.</param>
public sealed record Note(string Id, string What, OperatorIdentity Operator, string Text, DateTimeOffset At);

public enum AddNoteStatus
{
    Added,
    Full,
    Gone,
}

/// <summary>The notes and audit entries of each session.</summary>
public sealed class NoteStore(RedisGateway redis)
{
    private const int MostEntries = 2000;

    /// <summary>Adds an entry once for each request; without the id of one it takes one for this call.</summary>
    public async Task<(AddNoteStatus Status, Note? Note)> AddAsync(
        string sessionId, string what, Caller.Operator by, string text, string? request, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.add_note, Keys.OfSession(sessionId), [what, by.Id, by.Name, text, MostEntries, request ?? Guid.NewGuid().ToString("N")], ct));
        return reply.Status switch
        {
            "added" => (AddNoteStatus.Added, new Note(reply.Text(1)!, what, new OperatorIdentity(by.Id, by.Name), text, Stored.TimeOf(reply.Text(1)!))),
            "full" => (AddNoteStatus.Full, null),
            "gone" => (AddNoteStatus.Gone, null),
            var other => throw new UnreachableException($"add_note.lua replied {other}"),
        };
    }

    /// <summary>All of a session, oldest first.</summary>
    public async Task<IReadOnlyList<Note>> ReadAsync(string sessionId, CancellationToken ct)
    {
        var entries = await redis.CallAsync("XRANGE", db => db.StreamRangeAsync(Keys.OfSession(sessionId)[4]), ct);
        return [.. entries.Select(e => new Note(
            e.Id!, e["what"]!, new OperatorIdentity(e["operator"]!, e["name"]), e["text"]!, Stored.TimeOf(e.Id!)))];
    }
}
