using System.Collections.Concurrent;
using Intotes.Chat.Features.Messages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>A time that passes only as a test says, and that tells for how long somebody waits by it.</summary>
internal sealed class WatchedTime() : FakeTimeProvider(TimeProvider.System.GetUtcNow())
{
    private readonly ConcurrentQueue<Wait> waits = new();

    /// <summary>Puts it into a node for those who follow a conversation.</summary>
    public void Register(IServiceCollection services) =>
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<MessageFollower>(provider, this));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var wait = new Wait(dueTime);
        wait.Timer = base.CreateTimer(
            due =>
            {
                wait.IsOver = true;
                callback(due);
            },
            state,
            dueTime,
            period);
        waits.Enqueue(wait);
        return wait;
    }

    /// <summary>What was waited for so far does not count any more.</summary>
    public void Forget() => waits.Clear();

    /// <summary>Returns once somebody has begun to wait since this was last asked, for so long if that is said, and still does.</summary>
    public async Task UntilWaitingAsync(TimeSpan? duration = null)
    {
        var begun = new List<Wait>();
        using var patience = new CancellationTokenSource(EventStream.Patience);
        while (!begun.Exists(wait => !wait.IsOver && wait.Duration == (duration ?? wait.Duration)))
        {
            Assert.False(patience.IsCancellationRequested, $"Nobody waits for {duration}, but for {string.Join(", ", begun)}.");
            if (waits.TryDequeue(out var next))
            {
                begun.Add(next);
            }
            else
            {
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }
        }
    }

    private sealed record Wait(TimeSpan Duration) : ITimer
    {
        public ITimer? Timer { get; set; }

        public bool IsOver { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period) => Timer!.Change(dueTime, period);

        public void Dispose()
        {
            IsOver = true;
            Timer!.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            IsOver = true;
            return Timer!.DisposeAsync();
        }
    }
}
