using System.Net;
using Intotes.Chat.Tests.Hosting;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>Redis is away for long, or from the start.</summary>
[Collection(nameof(Alone))]
[Trait("time", "long")]
public sealed class OutageTests
{
    private static readonly TimeSpan Outage = LongForm.Or(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(8));

    /// <summary>What callers are promised while Redis is away, and how soon all is well again.</summary>
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(1.3), BackWithin = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Everybody_is_told_in_time_and_afterwards_it_is_as_fast_as_before()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendfsync", "always");
        await using var service = await ServiceProcess.StartAsync(redis.Configuration);
        await using var watch = UsageWatch.Of(service);
        using var crowd = new Crowd([service.Address]);
        crowd.Start();
        await crowd.ProgressAsync(1000);
        var before = await crowd.SpeedAsync(TimeSpan.FromSeconds(3));
        var loaded = watch.PeakSince(TimeSpan.Zero);

        await redis.KillAsync();
        var began = crowd.Teller.Now;
        await Task.Delay(Outage, TestContext.Current.CancellationToken);
        var ended = crowd.Teller.Now;
        await redis.StartAgainAsync();
        var backAfter = await crowd.UntilSpeedAsync(before * 0.8);
        var (peak, after) = (watch.PeakSince(loaded.At), watch.Last);
        var audit = await crowd.StopAsync(TimeSpan.FromSeconds(30));

        var (meanwhile, caught) = (Latencies.Of(Sent(crowd, began, ended)), Latencies.Of(Sent(crowd, began - TimeSpan.FromSeconds(2), began)));
        Console.WriteLine($"Redis away for {Outage.TotalSeconds} s: {meanwhile}; of those sent in the 2 s before: {caught}.");
        Console.WriteLine($"{before:0} messages a second before, as many again (80%) {backAfter.TotalSeconds:0.0} s after Redis was back. {audit}.");
        Assert.True(audit.IsClean, $"{audit}");
        Assert.Empty(crowd.Teller.StrayFailures);
        Assert.DoesNotContain(crowd.Teller.Answers, answer => answer.Status == 0);
        Assert.True(meanwhile.Count > Outage.TotalSeconds * crowd.Size / 2, $"Only {meanwhile.Count} were told anything.");
        Assert.True(meanwhile.P99 < AnswersWithin.TotalMilliseconds, $"Answers took {meanwhile}.");
        Assert.True(backAfter < BackWithin, $"It was as fast as before after {backAfter}.");
        Flatness.Check("Outage", loaded, peak, after);
    }

    [Fact]
    public async Task The_service_starts_without_Redis_and_serves_as_soon_as_there_is_one()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await redis.KillAsync();
        await using var service = await ServiceProcess.StartAsync(redis.Configuration);
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, await HealthAsync("live"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await HealthAsync("ready"));
        using var crowd = new Crowd([service.Address], writers: 10, operators: 2);
        crowd.Start();
        await Task.Delay(LongForm.Or(Outage, TimeSpan.FromSeconds(2)), TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (await HealthAsync("live"), await HealthAsync("ready")));
        Assert.True(crowd.Teller.Answers.Count > 0 && crowd.Teller.Answers.All(answer => answer.Status == 503), "Somebody was told something else than 503.");

        await redis.StartAgainAsync();
        var started = TimeProvider.System.GetTimestamp();
        while (await HealthAsync("ready") != HttpStatusCode.OK)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < BackWithin, "The service is not ready.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }

        var ready = TimeProvider.System.GetElapsedTime(started);
        await crowd.ProgressAsync(50);
        var audit = await crowd.StopAsync(TimeSpan.FromSeconds(30));
        Console.WriteLine($"Started without Redis: ready {ready.TotalSeconds:0.0} s after Redis was there. {audit}.");
        Assert.True(audit.IsClean, $"{audit}");
        Assert.Empty(crowd.Teller.StrayFailures);

        async Task<HttpStatusCode> HealthAsync(string which)
        {
            using var answer = await http.GetAsync(new Uri(service.Address, "/health/" + which), TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }
    }

    private static IEnumerable<TimeSpan> Sent(Crowd crowd, TimeSpan from, TimeSpan to) =>
        crowd.Teller.Answers.Where(answer => answer.At - answer.Took is var sent && sent >= from && sent < to).Select(answer => answer.Took);
}
