using FastEndpoints;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>How the desk does: the queue now, and waits, first responses and ratings of the last hour and day, over all departments, or those that the caller's token grants.</summary>
public sealed class GetStats(DeskStats stats)
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

    public override Task<Answer> ExecuteAsync(CancellationToken ct) => stats.ReadAsync(User.Operator(), ct);
}
