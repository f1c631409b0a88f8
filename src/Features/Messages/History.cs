using Intotes.Chat.Features.Sessions;

namespace Intotes.Chat.Features.Messages;

/// <summary>A conversation was erased, or its caller may not enter it any more, before all of it was read.</summary>
public sealed class HistoryLostException() : Exception("The conversation went away before all of it was read.");

/// <summary>A conversation, or a part of it, whose messages are read as they are written to the client.</summary>
/// <param name="sessionId">The session that it belongs to.</param>
/// <param name="status">How the session stands.</param>
/// <param name="cursor">The id of the last entry covered here; <c>0-0</c> when there is none.</param>
/// <param name="hasMore">Whether older messages were left out.</param>
/// <param name="readUpTo">The last message that the other side has read.</param>
/// <param name="last">The id of the last entry to write; null when there is none.</param>
/// <param name="first">The entries that were read already, oldest first.</param>
/// <param name="more">Reads on after an entry, or from the first one without: entries whose texts take some so many bytes, and at least one.</param>
/// <param name="withEvents">Whether system entries are written.</param>
public sealed class History(
    string sessionId, SessionStatus status, string cursor, bool hasMore, string? readUpTo, string? last, IReadOnlyList<Message> first,
    Func<string?, int, CancellationToken, Task<IReadOnlyList<Message>>> more, bool withEvents)
{
    private IReadOnlyList<Message> first = first;

    public string SessionId => sessionId;

    public SessionStatus Status => status;

    public string Cursor => cursor;

    public bool HasMore => hasMore;

    public string? ReadUpTo => readUpTo;

    public string? Last => last;

    /// <summary>The entries that were read already. They are handed out once, so that they are not kept for as long as a client takes.</summary>
    public IReadOnlyList<Message> TakeFirst() => Interlocked.Exchange(ref first, []);

    /// <exception cref="HistoryLostException">There is nothing more, although the last entry was not reached.</exception>
    /// <exception cref="Storage.StorageUnavailableException">Redis does not answer.</exception>
    public async Task<IReadOnlyList<Message>> MoreAsync(string? after, int bytes, CancellationToken ct) =>
        await more(after, bytes, ct) is { Count: > 0 } next ? next : throw new HistoryLostException();

    public bool Includes(Message message) => withEvents || message.Sender != Sender.System;
}
