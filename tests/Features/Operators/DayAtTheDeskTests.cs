using System.Globalization;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Tests.Features.Operators.Day;
using Intotes.Chat.Tests.Features.Operators.Race;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>A whole day of two departments, ten operators and a thousand callers, in the time that the scripts take.</summary>
[Trait("time", "long")]
public sealed class DayAtTheDeskTests
{
    private const int Callers = 1000;

    [Fact]
    public async Task Everybody_is_served_in_turn_and_was_told_about_how_long_it_takes()
    {
        var logs = new LogWatch();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 2, 0, 0, 0, TimeSpan.Zero));
        var midnight = time.GetUtcNow();
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var node = ChatNode.Start(redis.Configuration, logs, change: FakeTimeGateway.Register(time));
        var calls = Schedule.Calls(Callers, seed: 7);
        var day = new DeskDay(node.Services, time, calls, Schedule.Shifts());

        await day.PlayAsync();

        Console.WriteLine(Table(calls));
        Assert.Equal(Callers, day.Served);
        Assert.Equal(0, day.Inversions);
        Assert.Empty(logs.Unexpected);
        Assert.All(calls.Where(c => c.Waited == TimeSpan.Zero && c.EstimatedSeconds is not null), c => Assert.Equal(0, c.EstimatedSeconds));
        Assert.InRange(calls.Count(c => c.EstimatedSeconds is null), 1, Callers / 50); // until a department has seen a few conversations end
        var (sizes, bias) = Errors(calls);
        Assert.InRange(sizes.Length, Callers / 4, Callers); // the day is busy enough to say something
        Assert.InRange(At(sizes, 0.5), 0, 90);
        Assert.InRange(At(sizes, 0.9), 0, 240);
        Assert.InRange(bias, -45, 45);
        foreach (var department in Desk.Departments)
        {
            // What the service recorded itself is what the day was like.
            var recorded = await node.Services.GetRequiredService<SampleStore>().NewestAsync(department, SampleKind.Wait, 10 * Callers, TestContext.Current.CancellationToken);
            var of = calls.Where(c => c.Department == department).ToList();
            var kept = of.Max(c => c.At + c.Waited) - TimeSpan.FromDays(1);
            var waits = of.Where(c => c.At + c.Waited > kept).Select(c => c.Waited.TotalSeconds).Order().ToList();
            Assert.Equal(waits.Count, recorded.Count);
            Assert.All(waits.Zip(recorded.Select(s => s.Value).Order()), pair => Assert.Equal(pair.First, pair.Second, tolerance: 0.002));
        }
    }

    private static string Table(Call[] calls)
    {
        var lines = new List<string>
        {
            "| department | calls | waited | wait median / p90 / max (s) | error of the estimate, of those that waited: median / p90 (s) | bias (s) | no estimate |",
            "|---|---|---|---|---|---|---|",
        };
        foreach (var of in calls.GroupBy(c => c.Department).Append(calls.GroupBy(_ => "both").Single()))
        {
            var waits = of.Select(c => c.Waited.TotalSeconds).Order().ToArray();
            var (sizes, bias) = Errors(of);
            lines.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"| {of.Key} | {waits.Length} | {of.Count(c => c.Waited > TimeSpan.Zero)} | {At(waits, 0.5):0} / {At(waits, 0.9):0} / {waits[^1]:0} | {At(sizes, 0.5):0} / {At(sizes, 0.9):0} | {bias:+0;-0;0} | {of.Count(c => c.EstimatedSeconds is null) / (double)waits.Length:0.0%} |"));
        }

        return string.Join('\n', lines);
    }

    /// <summary>Estimate less wait in seconds, of those that waited: the sizes in order, and the mean.</summary>
    private static (double[] Sizes, double Bias) Errors(IEnumerable<Call> calls)
    {
        var errors = calls.Where(c => c.Waited > TimeSpan.Zero && c.EstimatedSeconds is not null).Select(c => c.EstimatedSeconds!.Value - c.Waited.TotalSeconds).ToArray();
        return ([.. errors.Select(Math.Abs).Order()], errors.Average());
    }

    private static double At(double[] ordered, double share) => ordered[(int)(share * (ordered.Length - 1))];
}
