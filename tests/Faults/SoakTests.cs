using System.Globalization;
using Intotes.Chat.Tests.Hosting;
using Intotes.Chat.Tests.Redis;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>
/// Half of full load for ten minutes: what the service uses is flat, and what Redis uses grows with what it is given to keep and with nothing
/// else. In its short form it only shows that it measures.
/// </summary>
[Collection(nameof(Alone))]
[Trait("time", "long")]
public sealed class SoakTests
{
    private static readonly TimeSpan FullLoad = LongForm.Or(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(3));
    private static readonly TimeSpan WarmUp = LongForm.Or(TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(4));
    private static readonly TimeSpan Measured = LongForm.Or(TimeSpan.FromMinutes(8), TimeSpan.FromSeconds(8));

    /// <summary>The slope (MB a minute) of the service's memory: in ten minutes less than one collection of garbage takes and gives back.</summary>
    private static readonly double MostMegabytesPerMinute = LongForm.Or(3.0, 300.0);

    /// <summary>The slope (a minute) of its files and of Redis's clients: none. The rest is for where a client happens to connect anew.</summary>
    private static readonly double MostFilesPerMinute = LongForm.Or(1.0, 60.0);

    [Fact]
    public async Task At_half_of_full_load_nothing_grows()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var service = await ServiceProcess.StartAsync(redis.Configuration);
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration},allowAdmin=true");
        var full = await FullSpeedAsync(service);

        using var crowd = new Crowd([service.Address]) { MessagesPerSecond = full / 2 };
        await using var watch = UsageWatch.Of(service);
        crowd.Start();
        await Task.Delay(WarmUp, TestContext.Current.CancellationToken);
        var (from, before) = (watch.Now, crowd.Ledger.Messages);
        var looks = new List<(TimeSpan At, double Bytes, double Clients, int Messages)>();
        while (watch.Now - from < Measured)
        {
            looks.Add((watch.Now, await InfoAsync(admin, "used_memory"), await InfoAsync(admin, "connected_clients"), crowd.Ledger.Messages));
            await Task.Delay(Measured / 50, TestContext.Current.CancellationToken);
        }

        var speed = (crowd.Ledger.Messages - before) / (watch.Now - from).TotalSeconds;
        var samples = watch.Since(from);
        var audit = await crowd.StopAsync(TimeSpan.FromSeconds(60));
        var memory = Trend.PerMinute([.. samples.Select(sample => (sample.At, sample.Megabytes))]);
        var files = Trend.PerMinute([.. samples.Select(sample => (sample.At, (double)sample.Files))]);
        var clients = Trend.PerMinute([.. looks.Select(look => (look.At, look.Clients))]);
        var (early, late) = (BytesPerMessage(looks[..(looks.Count / 2)]), BytesPerMessage(looks[(looks.Count / 2)..]));

        Console.WriteLine($"Soak, {Measured.TotalSeconds:0} s after {WarmUp.TotalSeconds:0} s: {speed:0} messages a second, {full:0} are full speed. {audit}.");
        Console.WriteLine($"Slopes a minute of the service: {memory:0.00} MB, {files:0.00} files, at the end {samples[^1]}; of Redis: {clients:0.00} clients, "
            + $"at the end {looks[^1].Clients}; it took {early:0} bytes a message in the first half and {late:0} in the second, {looks[^1].Bytes / 1_000_000:0} MB in the end. "
            + $"{Latencies.Of(crowd.Teller.Answers.Select(answer => answer.Took))}; {crowd.Teller.Retries} sends were repeated.");
        Assert.True(audit.IsClean, $"{audit}");
        Assert.True(crowd.Teller.Retries <= crowd.Teller.Answers.Count / 1000, $"{crowd.Teller.Retries} sends were repeated, with nothing broken.");
        Assert.InRange(speed, full * 0.4, full * 0.55);
        Assert.True(memory < MostMegabytesPerMinute, $"The service's memory grows by {memory} MB a minute.");
        Assert.True(files < MostFilesPerMinute, $"The service's files grow by {files} a minute.");
        Assert.True(clients < MostFilesPerMinute, $"Redis's clients grow by {clients} a minute.");
        Assert.True(late < early * LongForm.Or(1.15, 3), $"Redis takes {late} bytes for a message, and took {early} before.");
    }

    [Fact]
    public void A_leak_shows_as_a_slope()
    {
        var saw = Enumerable.Range(0, 600).Select(second => (At: TimeSpan.FromSeconds(second), Value: 200.0 + (second % 20))).ToList();
        var leaking = saw.Select(look => (look.At, look.Value + (look.At.TotalMinutes * 5))).ToList();

        Assert.InRange(Trend.PerMinute(saw), -0.1, 0.1);
        Assert.InRange(Trend.PerMinute(leaking), 4.9, 5.1);
    }

    /// <summary>As many messages a second as are acknowledged where nobody thinks.</summary>
    private static async Task<double> FullSpeedAsync(ServiceProcess service)
    {
        using var crowd = new Crowd([service.Address]) { Pause = TimeSpan.Zero };
        crowd.Start();
        await crowd.ProgressAsync(500);
        var speed = await crowd.SpeedAsync(FullLoad);
        var audit = await crowd.StopAsync(TimeSpan.FromSeconds(60));
        Assert.True(audit.IsClean, $"At full speed: {audit}");
        return speed;
    }

    private static double BytesPerMessage(List<(TimeSpan At, double Bytes, double Clients, int Messages)> looks) =>
        (looks[^1].Bytes - looks[0].Bytes) / (looks[^1].Messages - looks[0].Messages);

    private static async Task<double> InfoAsync(ConnectionMultiplexer admin, string field)
    {
        var info = (await admin.GetServers()[0].InfoAsync()).SelectMany(section => section);
        return double.Parse(info.First(line => line.Key == field).Value, CultureInfo.InvariantCulture);
    }
}
