using System.Collections.Concurrent;
using Intotes.Chat.Features.Messages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>A time that passes only as a test says, and that tells for how long somebody waits by it.</summary>
internal sealed class WatchedTime() : FakeTimeProvider(TimeProvider.System.GetUtcNow())
{
    private readonly ConcurrentQueue<TimeSpan> waits = new();

    /// <summary>Puts it into a node for those who follow a conversation.</summary>
    public void Register(IServiceCollection services) =>
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<MessageFollower>(provider, this));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        waits.Enqueue(dueTime);
        return timer;
    }

    /// <summary>What was waited for so far does not count any more.</summary>
    public void Forget() => waits.Clear();

    /// <summary>Returns once somebody has begun to wait, and for so long if that is said, since this was last asked.</summary>
    public async Task UntilWaitingAsync(TimeSpan? duration = null)
    {
        var begun = new List<TimeSpan>();
        using var patience = new CancellationTokenSource(EventStream.Patience);
        while (duration is { } wanted ? !begun.Contains(wanted) : begun.Count == 0)
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
}
