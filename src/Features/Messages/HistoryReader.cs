using System.Runtime.CompilerServices;
using Intotes.Chat.Features.Sessions;

namespace Intotes.Chat.Features.Messages;

/// <summary>A conversation, or a stretch of it.</summary>
/// <param name="SessionId">Whose it is.</param>
/// <param name="Status">How the session stands.</param>
/// <param name="Cursor">The id of the last entry covered here; <c>0-0</c> when there is none.</param>
/// <param name="HasMore">Whether older messages were left out.</param>
/// <param name="ReadUpTo">The last message that the other side has read.</param>
/// <param name="Stretches">
/// The messages, oldest first, read as they are asked for. They end at the cursor, or with a <see cref="HistoryLostException"/> or
/// <see cref="Storage.StorageUnavailableException"/>.
/// </param>
public sealed record History(
    string SessionId, SessionStatus Status, string Cursor, bool HasMore, string? ReadUpTo, IAsyncEnumerable<IReadOnlyList<Message>> Stretches);

/// <summary>A conversation was erased, or its caller may not enter it any more, before all of it was read.</summary>
public sealed class HistoryLostException() : Exception("The conversation went away before all of it was read.");

/// <summary>Reads conversations in stretches of 500 entries, one round trip each, so that a long one never lies in memory as a whole.</summary>
public sealed class HistoryReader(HistoryStore messages)
{
    private const int Stretch = 500;

    /// <summary>However many stretches that takes, it is one read of the caller's allowance.</summary>
    public Task<Entered<History>> ReadAsync(SessionAccess access, Caller caller, int? limit, string? before, bool withEvents, CancellationToken ct) =>
        limit is { } most
            ? ReadNewestAsync(access, caller, most, before, withEvents, ct)
            : ReadAllAsync(access, caller, before, withEvents, ct);

    /// <summary>Everything there is at the time of the first stretch; what comes later is left to polling from the cursor.</summary>
    private async Task<Entered<History>> ReadAllAsync(SessionAccess access, Caller caller, string? before, bool withEvents, CancellationToken ct)
    {
        var end = before is null ? "+" : Cursor.Before(before);
        var entered = await messages.ReadForwardsAsync(access, caller, Cursor.Start, end, Stretch, ct);
        if (entered.Reply is not { } first)
        {
            return new Entered<History>(null, entered.RetryAfter);
        }

        access = access with { Allowance = "" };
        // Where there was nothing yet, what may have come since is left to polling from the start; and nothing comes before an entry that is there.
        var last = first.Messages.Count == 0 ? null
            : before is null ? first.Newest
            : first.Messages.Count < Stretch ? first.Messages[^1].Id
            : await LastBeforeAsync(access, caller, before, ct);
        if (last is null && first.Messages.Count > 0)
        {
            return default;
        }

        return new History(first.SessionId, first.Status, last ?? Cursor.Start, HasMore: false, first.ReadUpTo, StretchesAsync(ct));

        async IAsyncEnumerable<IReadOnlyList<Message>> StretchesAsync([EnumeratorCancellation] CancellationToken aborted = default)
        {
            for (var (stretch, reached) = (first.Messages, Cursor.Start); last is not null && reached != last;)
            {
                yield return Chosen(stretch, withEvents);
                reached = stretch[^1].Id;
                if (reached != last)
                {
                    var entered = await messages.ReadForwardsAsync(access, caller, reached, last, Stretch, aborted);
                    stretch = entered.Reply is { Messages: { Count: > 0 } more } ? more : throw new HistoryLostException();
                }
            }
        }
    }

    /// <summary>The newest ones, collected backwards until there are enough.</summary>
    private async Task<Entered<History>> ReadNewestAsync(SessionAccess access, Caller caller, int limit, string? before, bool withEvents, CancellationToken ct)
    {
        var found = new List<Message>();
        string? newest = null;
        while (true)
        {
            var entered = await messages.ReadBackwardsAsync(access, caller, before, withEvents ? limit + 1 : Stretch, ct);
            if (entered.Reply is not { } stretch)
            {
                return new Entered<History>(null, entered.RetryAfter);
            }

            access = access with { Allowance = "" };
            newest ??= stretch.Messages.Count > 0 ? stretch.Messages[0].Id : Cursor.Start;
            if (stretch.Newest is null && newest != Cursor.Start)
            {
                return default;
            }

            found.AddRange(Chosen(stretch.Messages, withEvents));
            if (found.Count > limit || withEvents || stretch.Messages.Count < Stretch)
            {
                var page = found.Take(limit).Reverse().ToList();
                return new History(stretch.SessionId, stretch.Status, newest, found.Count > limit, stretch.ReadUpTo, Single(page));
            }

            before = stretch.Messages[^1].Id;
        }
    }

    private async Task<string?> LastBeforeAsync(SessionAccess access, Caller caller, string before, CancellationToken ct) =>
        await messages.ReadBackwardsAsync(access, caller, before, 1, ct) is { Reply.Messages: [var last] } ? last.Id : null;

    private static IReadOnlyList<Message> Chosen(IReadOnlyList<Message> entries, bool withEvents) =>
        withEvents ? entries : [.. entries.Where(entry => entry.Sender != Sender.System)];

    private static async IAsyncEnumerable<IReadOnlyList<Message>> Single(IReadOnlyList<Message> page)
    {
        yield return page;
        await Task.CompletedTask;
    }
}
