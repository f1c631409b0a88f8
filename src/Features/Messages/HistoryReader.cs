using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// Reads conversations in stretches, one round trip each, so that a long one never lies in memory as a whole. A stretch is bounded by the bytes of its
/// texts, as far as they can be known before they are read: see <see cref="StretchSize"/>.
/// </summary>
public sealed class HistoryReader(HistoryStore messages)
{
    /// <summary>Bytes of the texts in one stretch.</summary>
    public const int StretchBytes = 256 * 1024;

    /// <summary>A page whose texts take no more is read once and kept until it is written; a larger one is read again as it is written.</summary>
    private const int KeptBytes = 64 * 1024;

    /// <summary>However many stretches that takes, it is one read of the caller's allowance.</summary>
    /// <param name="place">The caller's place among those that read; what is read is counted there.</param>
    public Task<Admission<History>> ReadAsync(
        SessionAccess access, Caller caller, int? limit, string? before, bool withEvents, ReadPlace place, CancellationToken ct)
    {
        var read = new Read(messages, access, caller, withEvents, place);
        return limit is { } most ? read.PageAsync(most, before, KeptBytes, isCut: false, ct) : read.AllAsync(before, ct);
    }

    /// <summary>The newest messages: so many, or fewer where their texts take more than a stretch.</summary>
    public Task<Admission<History>> ReadNewestAsync(SessionAccess access, Caller caller, int most, ReadPlace place, CancellationToken ct) =>
        new Read(messages, access, caller, withEvents: true, place).PageAsync(most, null, StretchBytes, isCut: true, ct);

    /// <summary>
    /// How many entries to ask for. Until a long text was met most texts are taken for short ones, so that the usual conversation is one round trip; then
    /// for as long as the longest that was met. The first stretch that meets long texts has 64 of 16 KB at most.
    /// </summary>
    public sealed class StretchSize
    {
        public const int MostEntries = 64;

        private int largest = StretchBytes / MostEntries;

        public int Of(int bytes) => Math.Clamp(bytes / largest, 1, MostEntries);

        public int Seen(IReadOnlyList<Message> stretch)
        {
            var all = 0;
            foreach (var message in stretch)
            {
                all += message.TextBytes;
                largest = Math.Max(largest, message.TextBytes);
            }

            return all;
        }
    }

    /// <summary>The reads for one request.</summary>
    private sealed class Read(HistoryStore messages, SessionAccess access, Caller caller, bool withEvents, ReadPlace place)
    {
        private readonly StretchSize size = new();
        private SessionAccess access = access;

        /// <summary>Everything there is at the time of the first stretch; what comes later is left to polling from the cursor.</summary>
        public async Task<Admission<History>> AllAsync(string? before, CancellationToken ct)
        {
            var (asked, end) = (size.Of(StretchBytes), before is null ? "+" : Cursor.Before(before));
            var entered = Count(await messages.ReadForwardsAsync(access, caller, "(" + Cursor.Start, end, asked, ct));
            if (entered.Reply is not { } first)
            {
                return new Admission<History>(null, entered.RetryAfter);
            }

            // Where there was nothing yet, what may have come since is left to polling from the start; and nothing comes before an entry that is there.
            var last = first.Messages.Count == 0 ? null
                : before is null ? first.Newest
                : first.Messages.Count < asked ? first.Messages[^1].Id
                : await LastBeforeAsync(before, ct);
            return last is null && first.Messages.Count > 0
                ? default(Admission<History>)
                : Of(first, last ?? Cursor.Start, hasMore: false, last, first.Messages, null);
        }

        /// <summary>
        /// The newest ones, found backwards until there are enough. Where their texts take more bytes than are kept, either the page is cut there, or it is
        /// read again from its oldest message on.
        /// </summary>
        public async Task<Admission<History>> PageAsync(int limit, string? before, int keptBytes, bool isCut, CancellationToken ct)
        {
            var (page, bytes, count, hasMore) = (new List<Message>(), 0, 0, false);
            string? newest = null, last = null, oldest = null;
            while (true)
            {
                var asked = Math.Min(size.Of(StretchBytes), withEvents ? limit + 1 - count : int.MaxValue);
                var entered = Count(await messages.ReadBackwardsAsync(access, caller, before, asked, ct));
                if (entered.Reply is not { } stretch)
                {
                    return new Admission<History>(null, entered.RetryAfter);
                }

                newest ??= stretch.Messages.Count > 0 ? stretch.Messages[0].Id : Cursor.Start;
                if (stretch.Newest is null && newest != Cursor.Start)
                {
                    return default;
                }

                foreach (var message in stretch.Messages.Where(message => withEvents || message.Sender != Sender.System))
                {
                    bytes += message.TextBytes;
                    if (count == limit || (isCut && count > 0 && bytes > keptBytes))
                    {
                        hasMore = true;
                        break;
                    }

                    (count, last, oldest) = (count + 1, last ?? message.Id, message.Id);
                    page.Add(message);
                    if (bytes > keptBytes && !isCut)
                    {
                        page.Clear();
                    }
                }

                if (hasMore || stretch.Messages.Count < asked)
                {
                    page.Reverse();
                    return Of(stretch, newest, hasMore, last, bytes > keptBytes && !isCut ? [] : page, oldest);
                }

                before = stretch.Messages[^1].Id;
            }
        }

        private History Of(HistoryStretch stretch, string cursor, bool hasMore, string? last, IReadOnlyList<Message> first, string? oldest) =>
            new(stretch.SessionId, stretch.Status, cursor, hasMore, stretch.ReadUpTo, last, first, MoreAsync(oldest, last), withEvents);

        private Func<string?, int, CancellationToken, Task<IReadOnlyList<Message>>> MoreAsync(string? oldest, string? last) => async (after, bytes, ct) =>
        {
            var from = after is null ? oldest ?? "-" : "(" + after;
            return Count(await messages.ReadForwardsAsync(access, caller, from, last!, size.Of(bytes), ct)).Reply?.Messages ?? [];
        };

        private async Task<string?> LastBeforeAsync(string before, CancellationToken ct) =>
            Count(await messages.ReadBackwardsAsync(access, caller, before, 1, ct)) is { Reply.Messages: [var last] } ? last.Id : null;

        /// <summary>Further stretches are the same read of the caller's allowance; their bytes count for its client.</summary>
        private Admission<HistoryStretch> Count(Admission<HistoryStretch> entered)
        {
            access = access with { Allowance = "" };
            place.Count(entered.Reply is { } stretch ? size.Seen(stretch.Messages) : 0);
            return entered;
        }
    }
}
