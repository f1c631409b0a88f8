using Intotes.Chat.Tests.Hosting;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>
/// More widgets than Redis can serve. It stands behind a proxy that lets so few commands through that what this machine can do hardly matters; two crowds come
/// at the same time, each to a node and a Redis of its own: one does what it is told, the other comes as often as ever.
/// </summary>
[Collection(nameof(Alone))]
[Trait("time", "long")]
public sealed class OverloadedCrowdTests
{
    private static readonly TimeSpan Command = TimeSpan.FromMilliseconds(4), Coming = TimeSpan.FromSeconds(6), Staying = TimeSpan.FromSeconds(8);

    /// <summary>Of what is under way together Redis is busy for a tenth of a second, as with the usual number where it is as fast as usual, and twenty nodes ask.</summary>
    private static readonly Dictionary<string, string> Settings = new() { ["Redis__ReadsAtOnce"] = "8" };

    /// <summary>A poll is three commands.</summary>
    private static readonly double PollsPerSecond = 1 / (3 * Command.TotalSeconds);

    [Fact]
    public async Task Sends_keep_their_latency_while_polls_wait_and_spread_out()
    {
        var runs = await Task.WhenAll(RunAsync(obeys: true), RunAsync(obeys: false));
        var (obeying, ignoring) = (runs[0], runs[1]);
        Console.WriteLine($"Twice the polls that Redis can serve, {PollsPerSecond:0} a second. Widgets that obey: {obeying}\nWidgets that do not: {ignoring}");
        // Without a bulkhead nearly all fail.
        Assert.All(runs, run => Assert.InRange(run.Failed, 0, run.Sends.Count / 20));
        Assert.True(ignoring.Sends.Half < ignoring.Polls.Half / 2, "Messages wait with the polls.");
        Assert.True(obeying.Pauses.Max() > WidgetCrowd.OrdinaryMs * 2, "Polls were not told to spread out.");
        Assert.True(obeying.Polls.Count < ignoring.Polls.Count * 0.8, "To obey is of little use.");
    }

    private static async Task<Run> RunAsync(bool obeys)
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var proxy = TcpProxy.To(redis.Port);
        await using var service = await ServiceProcess.StartAsync($"127.0.0.1:{proxy.Port}", Settings);
        using var crowd = new WidgetCrowd(service.Address, obeys);
        await crowd.OpenAsync();
        proxy.Serve(Command);
        // Not at once, where a busy machine was slow to start.
        await crowd.UntilOrdinaryAsync();
        var began = crowd.Now;
        await crowd.StayAsync(WidgetCrowd.Asking(2 * PollsPerSecond), Coming, Staying);
        return new Run(crowd, began, await crowd.UntilOrdinaryAsync());
    }

    /// <summary>What became of a crowd.</summary>
    private sealed class Run(WidgetCrowd crowd, TimeSpan began, TimeSpan backAfter)
    {
        /// <summary>Of those that were answered.</summary>
        public Latencies Sends { get; } = Latencies.Of(crowd.Sends.Where(send => send.Status == 201).Select(send => send.Took));

        public Latencies Polls { get; } = Latencies.Of(crowd.Polls);

        public int Failed { get; } = crowd.Sends.Count(send => send.Status != 201);

        /// <summary>The mean pause told (ms) in each two seconds.</summary>
        public double[] Pauses { get; } =
        [
            .. crowd.Told.GroupBy(told => (int)((told.At - began).TotalSeconds / 2)).OrderBy(span => span.Key)
                .Select(span => span.Average(told => told.Pause)),
        ];

        public override string ToString() =>
            $"sends {Sends}, {Failed} failed; polls {Polls}; {crowd.Told.Count / (Coming + Staying).TotalSeconds:0} answered a second; told each 2 s, in s: "
            + $"{string.Join(' ', Pauses.Select(ms => $"{ms / 1000:0.0}"))}; ordinary again after {backAfter.TotalSeconds:0.0} s.";
    }
}
