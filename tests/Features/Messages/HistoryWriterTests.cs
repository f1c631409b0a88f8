using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>What is kept of a conversation while its client is waited for. The pipe stands for Kestrel's, with the service's limit.</summary>
public sealed class HistoryWriterTests
{
    private const int Messages = 500, PipeBytes = 32 * 1024;

    private static readonly string LongText = string.Concat(Enumerable.Repeat("😀", MessageText.MostScalars - 5));

    private readonly Pipe pipe = new(new PipeOptions(pauseWriterThreshold: PipeBytes, resumeWriterThreshold: PipeBytes, useSynchronizationContext: false));
    private readonly List<WeakReference> read = [];
    private readonly List<int> asked = [];
    private int writtenBytes;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The text is in UTF-8 as long as it is in memory, or half as long.</summary>
    [Theory]
    [InlineData("😀")]
    [InlineData("x")]
    public async Task A_client_that_reads_nothing_has_64_KB_of_the_service_and_misses_nothing_later(string text)
    {
        var text4000 = string.Concat(Enumerable.Repeat(text, MessageText.MostScalars - 5));

        var writing = WriteAsync(text4000, Ct);

        Assert.False(writing.IsCompleted);
        Assert.InRange(writtenBytes, PipeBytes, 2 * PipeBytes);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.InRange(read.Count(message => message.IsAlive), 0, (16 * 1024 / (2 * text4000.Length)) + 1);
        var before = asked.Count;
        Assert.Equal(Enumerable.Range(0, Messages).Select(n => $"{n}"), await ReadAllAsync(writing));
        // From then on what it takes at once is asked for, and hardly anything twice.
        Assert.InRange(read.Count, Messages, Messages * 3 / 2);
        Assert.True(asked.Count > before);
    }

    [Fact]
    public async Task For_a_client_that_has_gone_nothing_more_is_read()
    {
        using var gone = new CancellationTokenSource();
        var writing = WriteAsync(LongText, gone.Token);
        var before = asked.Count;

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        Assert.Equal(before, asked.Count);
    }

    [Fact]
    public async Task Where_nothing_more_is_there_before_the_last_entry_was_reached_the_conversation_is_lost()
    {
        var history = new History("s", SessionStatus.Open, "9-0", hasMore: false, null, "9-0", [], (_, _, _) => Task.FromResult<IReadOnlyList<Message>>([]), withEvents: true);

        await Assert.ThrowsAsync<HistoryLostException>(() => HistoryWriter.WriteAsync(history, pipe.Writer, _ => { }, Ct));
    }

    private async Task WriteAsync(string text, CancellationToken ct)
    {
        var history = new History("s", SessionStatus.Open, Id(Messages - 1), hasMore: false, null, Id(Messages - 1), Stretch(0, 16, text), More, withEvents: true);
        await HistoryWriter.WriteAsync(history, pipe.Writer, Write, ct);
        await pipe.Writer.CompleteAsync();

        Task<IReadOnlyList<Message>> More(string? after, int bytes, CancellationToken aborted)
        {
            aborted.ThrowIfCancellationRequested();
            asked.Add(bytes);
            var from = int.Parse(after!.Split('-')[0], System.Globalization.CultureInfo.InvariantCulture);
            return Task.FromResult<IReadOnlyList<Message>>(Stretch(from, Math.Clamp(bytes / (2 * text.Length), 1, Messages - from), text));
        }
    }

    private void Write(Message message)
    {
        var line = Encoding.UTF8.GetBytes($"{message.Text}\n");
        writtenBytes += line.Length;
        pipe.Writer.Write(line);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private List<Message> Stretch(int from, int count, string text)
    {
        var stretch = Enumerable.Range(from, count).Select(n => new Message(Id(n), Sender.Visitor, null, $"{n} {text}", default, null, null)).ToList();
        read.AddRange(stretch.Select(message => new WeakReference(message)));
        return stretch;
    }

    private static string Id(int n) => $"{n + 1}-0";

    private async Task<IReadOnlyList<string>> ReadAllAsync(Task writing)
    {
        using var reader = new StreamReader(pipe.Reader.AsStream());
        var numbers = new List<string>();
        while (await reader.ReadLineAsync(Ct) is { } line)
        {
            numbers.Add(line.Split(' ')[0]);
        }

        await writing;
        return numbers;
    }
}
