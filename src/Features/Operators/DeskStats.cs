using Intotes.Chat.Features.Queue;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>Statistics of the desk over the departments that the caller may serve. All who ask a node at once share what it reads, which is bounded.</summary>
public sealed class DeskStats
{
    private readonly QueueStore queue;
    private readonly RosterStore roster;
    private readonly SampleStore samples;
    private readonly Departments departments;
    private readonly SharedReads<string, GetStats.Answer> reads;

    public DeskStats(QueueStore queue, RosterStore roster, SampleStore samples, Departments departments)
    {
        (this.queue, this.roster, this.samples, this.departments) = (queue, roster, samples, departments);
        reads = new((of, ct) => CollectAsync(of.Split(',', StringSplitOptions.RemoveEmptyEntries), ct));
    }

    public Task<GetStats.Answer> ReadAsync(Caller.Operator caller, CancellationToken ct) =>
        reads.ReadAsync(string.Join(',', departments.GrantedTo(caller)), caller.Id, ct);

    private async Task<GetStats.Answer> CollectAsync(string[] of, CancellationToken ct)
    {
        var queues = Task.WhenAll(of.Select(d => queue.CountAsync(d, ct)));
        var all = roster.ReadAsync(ct);
        var waits = DaysAsync(of, SampleKind.Wait, ct);
        var responses = DaysAsync(of, SampleKind.FirstResponse, ct);
        var ratings = await DaysAsync(of, SampleKind.Rating, ct);
        // An operator that serves none of them belongs to another desk.
        var operators = (await all).Where(o => of.Length == departments.Served.Count || of.Any(o.Serves)).ToList();
        var rated = ratings.Sum(r => r.InDay);
        return new GetStats.Answer(
            (await queues).Sum(q => q.Count),
            (int?)(await queues).Select(q => q.LongestWait).Max()?.TotalSeconds,
            operators.Sum(o => o.Held),
            operators.Count(o => o.IsOnline),
            Summarize(await waits),
            Summarize(await responses),
            rated == 0 ? null : Math.Round(ratings.Where(r => r.InDay > 0).Sum(r => r.OfDay.Average() * r.InDay) / rated, 2),
            rated);
    }

    private async Task<IReadOnlyList<SampleDay>> DaysAsync(string[] of, SampleKind kind, CancellationToken ct) =>
        await Task.WhenAll(of.Select(department => samples.DayAsync(department, kind, ct)));

    private static GetStats.Spans Summarize(IReadOnlyList<SampleDay> days) =>
        new(SpreadOf(days.Select(d => (d.InHour, d.OfHour))), SpreadOf(days.Select(d => (d.InDay, d.OfDay))));

    /// <summary>Where a department has more samples than were read of it, each value stands for as many.</summary>
    private static GetStats.Spread SpreadOf(IEnumerable<(int Count, IReadOnlyList<double> Values)> departments)
    {
        var values = departments.SelectMany(d => d.Values.Select(value => (Value: value, Weight: (double)d.Count / d.Values.Count))).OrderBy(v => v.Value).ToArray();
        return values.Length == 0
            ? new GetStats.Spread(0, null, null)
            : new GetStats.Spread((int)Math.Round(values.Sum(v => v.Weight)), Quantile(values, 0.5), Quantile(values, 0.9));
    }

    /// <summary>By linear interpolation between the closest ranks, of sorted values.</summary>
    private static double Quantile((double Value, double Weight)[] values, double q)
    {
        // Each value stands at the middle of its weight, the first at rank 0 and the last at the end.
        var ranks = new double[values.Length];
        for (var i = 1; i < values.Length; i++)
        {
            ranks[i] = ranks[i - 1] + ((values[i - 1].Weight + values[i].Weight) / 2);
        }

        var rank = q * ranks[^1];
        var high = Array.FindIndex(ranks, r => r >= rank - 1e-9);
        var low = Math.Max(0, high - 1);
        var share = ranks[high] > ranks[low] ? Math.Clamp((rank - ranks[low]) / (ranks[high] - ranks[low]), 0, 1) : 0;
        return Math.Round(values[low].Value + ((values[high].Value - values[low].Value) * share), 1);
    }
}
