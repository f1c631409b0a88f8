using System.Net;
using System.Text.Json.Nodes;
using CsCheck;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(DeskNodes))]
public sealed class GetStatsTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task With_nothing_observed_there_are_counts_and_no_averages()
    {
        var stats = await StatsAsync();

        Assert.Equal((0, 0, 1, 0), ((int)stats["waiting"]!, (int)stats["active"]!, (int)stats["operatorsOnline"]!, (int)stats["ratings"]!));
        Assert.Null(stats["longestWaitSeconds"]);
        Assert.Null(stats["averageRating"]);
        foreach (var spread in ((string[])["wait", "firstResponse"]).SelectMany(what => new[] { stats[what]!["lastHour"]!, stats[what]!["lastDay"]! }))
        {
            Assert.Equal((0, null, null), Spread(spread));
        }
    }

    [Fact]
    public async Task Each_step_of_a_conversation_is_counted_once()
    {
        var (dana, eli) = (Desk.Operator(), Desk.Operator());
        await eli.PutAsync("operator/presence", new { status = "away" });
        var call = await Desk.CallAsync("billing");
        await Desk.CallAsync();
        Assert.InRange((int)(await StatsAsync(dana))["longestWaitSeconds"]!, 0, 60);

        await dana.ClaimAsync(call.SessionId);
        await dana.SayAsync("Hello", call.SessionId);
        await dana.SayAsync("How can I help?", call.SessionId);
        await BackgroundIdleAsync();

        var stats = await StatsAsync(dana);
        Assert.Equal((1, 1, 1), ((int)stats["waiting"]!, (int)stats["active"]!, (int)stats["operatorsOnline"]!));
        Assert.Equal((1, 1), ((int)stats["wait"]!["lastHour"]!["count"]!, (int)stats["wait"]!["lastDay"]!["count"]!));
        Assert.Equal((1, 1), ((int)stats["firstResponse"]!["lastHour"]!["count"]!, (int)stats["firstResponse"]!["lastDay"]!["count"]!));

        await call.Visitor.PostAsync("chat/session/close");
        Assert.Equal(0, (int)(await StatsAsync(dana))["active"]!);
    }

    [Fact]
    public async Task Medians_and_ninetieth_percentiles_are_those_of_the_samples() =>
        await Gen.Select(Gen.Int[0, 36_000].Select(tenths => tenths / 10.0).Array[1, 40], Gen.Int[0, 40]).SampleAsync(
            async (values, billing) =>
            {
                await Desk.EmptyAsync();
                foreach (var (index, value) in values.Index())
                {
                    await RecordAsync(index < billing ? "billing" : "support", SampleKind.Wait, index, value);
                    await RecordAsync(index < billing ? "support" : "billing", SampleKind.FirstResponse, index, value * 2);
                }

                var stats = await StatsAsync();
                foreach (var (what, factor) in new[] { ("wait", 1), ("firstResponse", 2) })
                {
                    var (count, median, p90) = Spread(stats[what]!["lastHour"]!);
                    Assert.Equal(values.Length, count);
                    Assert.Equal(Oracle(values, 0.5) * factor, median!.Value, 0.051 * factor);
                    Assert.Equal(Oracle(values, 0.9) * factor, p90!.Value, 0.051 * factor);
                    Assert.Equal((count, median, p90), Spread(stats[what]!["lastDay"]!));
                }
            },
            iter: 25,
            threads: 1);

    [Fact]
    public async Task What_is_older_than_an_hour_counts_for_the_day_and_what_is_older_than_a_day_not_at_all()
    {
        await RecordAsync("support", SampleKind.Wait, 1, 10);
        await RecordedBeforeAsync(TimeSpan.FromMinutes(59), "a,20");
        await RecordedBeforeAsync(TimeSpan.FromMinutes(61), "b,30");
        await RecordedBeforeAsync(TimeSpan.FromHours(23.9), "c,40");
        await RecordedBeforeAsync(TimeSpan.FromHours(24.1), "d,5000");

        var wait = (await StatsAsync())["wait"]!;

        Assert.Equal((2, 15.0, 19.0), Spread(wait["lastHour"]!));
        Assert.Equal((4, 25.0, 37.0), Spread(wait["lastDay"]!));

        Task RecordedBeforeAsync(TimeSpan age, string sample) =>
            Desk.Database.SortedSetAddAsync(Keys.Samples("support", "wait"), sample, (TimeProvider.System.GetUtcNow() - age).ToUnixTimeMilliseconds());
    }

    private async Task<Answer> StatsAsync(DeskCaller? reader = null) => (await (reader ?? Desk.Operator()).GetAsync("operator/stats")).Expect(HttpStatusCode.OK);

    private Task RecordAsync(string department, SampleKind kind, int session, double value) =>
        Desk.Services(0).GetRequiredService<SampleStore>().RecordAsync(department, kind, $"session{session}", value, Ct);

    private static (int Count, double? Median, double? P90) Spread(JsonNode spread) =>
        ((int)spread["count"]!, (double?)spread["medianSeconds"], (double?)spread["p90Seconds"]);

    /// <summary>
    /// Counted rather than computed: every gap between neighbours is cut into as many equal pieces as there are pieces of the whole (here 10),
    /// so that the quantile is one of the points.
    /// </summary>
    private static double Oracle(double[] values, double quantile)
    {
        var sorted = values.Order().ToList();
        var points = new List<double> { sorted[0] };
        foreach (var (low, high) in sorted.Zip(sorted.Skip(1)))
        {
            points.AddRange(Enumerable.Range(1, 10).Select(piece => low + ((high - low) * piece / 10)));
        }

        return points[(int)Math.Round((points.Count - 1) * quantile)];
    }
}
