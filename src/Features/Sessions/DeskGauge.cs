using Intotes.Chat.Hosting;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Sessions;

/// <summary>Measures every five seconds how the desk stands. All nodes measure the same, so of their gauges one counts, not the sum.</summary>
public sealed class DeskGauge(
    QueuePlaces places, RosterStore roster, ChatMetrics metrics, IOptions<ChatOptions> options, TimeProvider time, ILogger<DeskGauge> logger)
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
        foreach (var department in options.Value.Queues)
        {
            var queue = (await places.ViewAsync(department, ct)).Queue;
            var oldestWait = queue.OldestCall is { } called ? queue.TakenAt - called : TimeSpan.Zero;
            queues.Add(new QueueMeasure(department, queue.Places.Count, oldestWait, operators.Count(o => o.IsOnline && o.Serves(department))));
        }

        metrics.Observe(queues, operators.Sum(o => o.Held), operators.Count(o => o.IsOnline));
    }
}
