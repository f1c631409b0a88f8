using System.IO.Pipelines;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// Writes a conversation as fast as its client takes it, and keeps little of it meanwhile: what Kestrel has yet to send, some 64 KB at most (see
/// <see cref="Hosting.ServerExtensions"/>), and no more than a few messages besides. What was read beyond that is let go of where the client has to be
/// waited for, and read again.
/// </summary>
internal static class HistoryWriter
{
    /// <summary>Written before it is sent off.</summary>
    private const int ChunkBytes = 16 * 1024;

    /// <summary>Bytes of texts that are kept while the client is waited for, and that are read at once, at least, for a client that had to be.</summary>
    private const int KeptBytes = 16 * 1024, SlowStretchBytes = 32 * 1024;

    public static async Task WriteAsync(History history, PipeWriter output, Action<Message> write, CancellationToken ct)
    {
        var (stretch, at, reached, bytes, hasWaited) = (history.TakeFirst(), 0, default(string), HistoryReader.StretchBytes, false);
        while (reached != history.Last)
        {
            if (at == stretch.Count)
            {
                // Sends what was read while Redis is asked for more, and asks for no more before that is sent.
                (stretch, at) = ([], 0);
                hasWaited |= !await FlushAsync(output, ct);
                bytes = hasWaited ? Math.Max(bytes / 2, SlowStretchBytes) : Math.Min(bytes + SlowStretchBytes, HistoryReader.StretchBytes);
                hasWaited = false;
                stretch = await history.MoreAsync(reached, bytes, ct);
            }

            for (; at < stretch.Count && output.UnflushedBytes < ChunkBytes; at++)
            {
                reached = stretch[at].Id;
                if (history.Includes(stretch[at]))
                {
                    write(stretch[at]);
                }
            }

            if (output.UnflushedBytes >= ChunkBytes && output.FlushAsync(ct).AsTask() is var flush)
            {
                if (!flush.IsCompleted)
                {
                    hasWaited = true;
                    (stretch, at) = BytesFrom(stretch, at) > KeptBytes ? ([], 0) : (stretch, at);
                }

                await flush;
                ct.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Sends off what was written. Returns whether the client took it without being waited for.</summary>
    private static async ValueTask<bool> FlushAsync(PipeWriter output, CancellationToken ct)
    {
        var flush = output.FlushAsync(ct).AsTask();
        var isTaken = flush.IsCompleted;
        await flush;
        return isTaken;
    }

    private static int BytesFrom(IReadOnlyList<Message> stretch, int at)
    {
        var bytes = 0;
        for (; at < stretch.Count; at++)
        {
            bytes += stretch[at].TextBytes;
        }

        return bytes;
    }
}
