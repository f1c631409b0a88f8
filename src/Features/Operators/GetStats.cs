using FastEndpoints;
using Intotes.Chat.Features.Sessions;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>How the desk does: the queue now, and waits, first responses and ratings of the last hour and day, over all departments.</summary>
public sealed class GetStats(QueueStore queue, RosterStore roster, SampleStore samples, TimeProvider time, IOptions<ChatOptions> options)
    : EndpointWithoutRequest<GetStats.Answer>
{
    /// <param name="Active">Sessions that operators have.</param>
    /// <param name="LongestWaitSeconds">Of those who wait now; null when nobody does.</param>
    /// <param name="AverageRating">Of the last day; null without any.</param>
    public sealed record Answer(
        int Waiting, int? LongestWaitSeconds, int Active, int OperatorsOnline, Spans Wait, Spans FirstResponse, double? AverageRating, int Ratings);

    public sealed record Spans(Spread LastHour, Spread LastDay);

    /// <param name="Count">How many; the others are null when it is 0.</param>
    public sealed record Spread(int Count, double? MedianSeconds, double? P90Seconds);

    public override void Configure()
    {
        Get("stats");
        Group<OperatorGroup>();
    }

    public override async Task<Answer> ExecuteAsync(CancellationToken ct)
    {
        var departments = options.Value.Queues;
        var queues = Task.WhenAll(departments.Select(d => queue.ReadAsync(d, ct)));
        var operators = roster.ReadAsync(ct);
        var waits = OfLastDayAsync(SampleKind.Wait, ct);
        var responses = OfLastDayAsync(SampleKind.FirstResponse, ct);
        var ratings = await OfLastDayAsync(SampleKind.Rating, ct);

        var oldest = (await queues).Select(q => q.OldestCall).Min();
        return new Answer(
            (await queues).Sum(q => q.Places.Count),
            oldest is { } calledAt ? Math.Max(0, (int)(time.GetUtcNow() - calledAt).TotalSeconds) : null,
            (await operators).Sum(o => o.Held),
            (await operators).Count(o => o.IsOnline),
            Summarize(await waits),
            Summarize(await responses),
            ratings.Count == 0 ? null : Math.Round(ratings.Average(r => r.Value), 2),
            ratings.Count);
    }

    private async Task<IReadOnlyList<Sample>> OfLastDayAsync(SampleKind kind, CancellationToken ct)
    {
        var since = time.GetUtcNow().AddDays(-1);
        return [.. (await Task.WhenAll(options.Value.Queues.Select(d => samples.SinceAsync(d, kind, since, ct)))).SelectMany(s => s)];
    }

    private Spans Summarize(IReadOnlyList<Sample> ofLastDay)
    {
        var hourAgo = time.GetUtcNow().AddHours(-1);
        return new Spans(SpreadOf(ofLastDay.Where(s => s.At >= hourAgo)), SpreadOf(ofLastDay));
    }

    private static Spread SpreadOf(IEnumerable<Sample> samples)
    {
        var values = samples.Select(s => s.Value).Order().ToArray();
        return values.Length == 0 ? new Spread(0, null, null) : new Spread(values.Length, Quantile(values, 0.5), Quantile(values, 0.9));
    }

    /// <summary>By linear interpolation between the closest ranks, of sorted values.</summary>
    private static double Quantile(double[] values, double q)
    {
        var rank = q * (values.Length - 1);
        var (low, high) = ((int)Math.Floor(rank), (int)Math.Ceiling(rank));
        return Math.Round(values[low] + ((values[high] - values[low]) * (rank - low)), 1);
    }
}
