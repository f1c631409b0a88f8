using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Queue;

/// <summary>Measures every five seconds how the desk stands. All nodes measure the same, so of their gauges one counts, not the sum.</summary>
public sealed class QueueMetrics(
    QueueStore store, Departments departments, RosterStore roster, ChatMetrics metrics, TimeProvider time, ILogger<QueueMetrics> logger)
    : PeriodicService(TimeSpan.FromSeconds(5), time, logger)
{
    protected override async Task RoundAsync(CancellationToken ct)
    {
        try
        {
            await MeasureAsync(ct);
        }
        catch
        {
            // A node that cannot look must not go on saying what it saw: of all nodes the largest figure counts.
            metrics.ObserveNothing();
            throw;
        }
    }

    private async Task MeasureAsync(CancellationToken ct)
    {
        var operators = await roster.ReadAsync(ct);
        var queues = new List<QueueMeasure>();
        foreach (var department in departments.Served)
        {
            var queue = await store.CountAsync(department, ct);
            var oldestWait = queue.Present > 0 ? queue.LongestWait ?? TimeSpan.Zero : TimeSpan.Zero;
            queues.Add(new QueueMeasure(department, queue.Present, queue.Gone, oldestWait, operators.Count(o => o.IsOnline && departments.ServedBy(o).Contains(department))));
        }

        metrics.Observe(queues, operators.Sum(o => o.Held), operators.Count(o => o.IsOnline));
    }
}
