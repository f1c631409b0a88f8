using System.Threading.Channels;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Hosting;

/// <summary>Kinds of work that no answer needs; the label <c>chat.work</c>.</summary>
public enum BackgroundWork
{
    /// <summary>An observation for statistics and estimates.</summary>
    Sample,

    /// <summary>An entry in a session that its visitor never sees.</summary>
    Note,

    /// <summary>An entry of the audit stream.</summary>
    Audit,

    /// <summary>An announcement that wakes a waiting request.</summary>
    Signal,
}

/// <summary>
/// Does what no answer needs, after it: callers hand over work and go on. One reader does one item after the other, so that this work takes one call to
/// Redis at a time. The failure of an item is counted and logged, and changes nothing for the next. At most <see cref="Most"/> items are held; more are
/// dropped and counted. At the stop of the service what is held is done first, for <see cref="DrainTime"/> at most.
/// </summary>
public sealed partial class BackgroundWriter(ChatMetrics metrics, TimeProvider time, ILogger<BackgroundWriter> logger) : IHostedService
{
    /// <summary>Items held at once: some 300 KB.</summary>
    public const int Most = 1000;

    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5), LongestItem = TimeSpan.FromSeconds(10), BeforeNextAttempt = TimeSpan.FromSeconds(1);

    private readonly Channel<Item> channel = Channel.CreateUnbounded<Item>(new UnboundedChannelOptions { SingleReader = true });
    private readonly LogPace pace = new(time);
    private Task reader = Task.CompletedTask;
    private volatile bool isStopped;
    private int held;

    /// <summary>How many items are held now, those that wait for another attempt included.</summary>
    public int Held => Volatile.Read(ref held);

    /// <summary>Hands over work, which may be done more than once where it has several attempts. Returns at once; false where it was dropped.</summary>
    /// <param name="work">The kind of work.</param>
    /// <param name="act">Does it.</param>
    /// <param name="attempts">How often to try while Redis is away, a second apart.</param>
    public bool Post(BackgroundWork work, Func<Task> act, int attempts = 1)
    {
        if (Interlocked.Increment(ref held) > Most)
        {
            Lose(work, "full", null);
            return false;
        }

        return Enqueue(new Item(work, act, attempts));
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        reader = ReadAsync();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        channel.Writer.TryComplete();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(DrainTime);
        await reader.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        isStopped = true;
        while (channel.Reader.TryRead(out var item))
        {
            Lose(item.Work, "stopped", null);
        }
    }

    /// <summary>Completes when everything that was handed over before is done, or has failed once; for tests.</summary>
    internal Task IdleAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Increment(ref held);
        Enqueue(new Item(BackgroundWork.Signal, () =>
        {
            done.SetResult();
            return Task.CompletedTask;
        }, 1));
        return done.Task;
    }

    private bool Enqueue(Item item)
    {
        if (channel.Writer.TryWrite(item))
        {
            return true;
        }

        Lose(item.Work, "stopped", null);
        return false;
    }

    private async Task ReadAsync()
    {
        await foreach (var item in channel.Reader.ReadAllAsync())
        {
            await DoAsync(item);
        }
    }

    private async Task DoAsync(Item item)
    {
        try
        {
            await item.Act().WaitAsync(LongestItem, time);
            Interlocked.Decrement(ref held);
        }
        catch (StorageUnavailableException) when (item.Attempts > 1 && !isStopped)
        {
            // Meanwhile the others have their turn: on a Cluster theirs may be another server.
            _ = AgainAsync(item with { Attempts = item.Attempts - 1 });
        }
        catch (Exception e)
        {
            Lose(item.Work, "failed", e);
        }
    }

    private async Task AgainAsync(Item item)
    {
        await Task.Delay(BeforeNextAttempt, time);
        Enqueue(item);
    }

    private void Lose(BackgroundWork work, string reason, Exception? error)
    {
        Interlocked.Decrement(ref held);
        metrics.Lost(work, reason);
        // While Redis is away the gateway has said so.
        if (error is not StorageUnavailableException && pace.IsDue($"{work} {reason}", out var unsaid))
        {
            Log.Lost(logger, work, reason, unsaid, error);
        }
    }

    private sealed record Item(BackgroundWork Work, Func<Task> Act, int Attempts);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Background work was lost: {Work}, {Reason}; {Unsaid} more since this was last logged")]
        public static partial void Lost(ILogger logger, BackgroundWork work, string reason, long unsaid, Exception? error);
    }
}
