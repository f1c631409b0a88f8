using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>What a power cut takes: nothing that was acknowledged with <c>appendfsync always</c>; with <c>everysec</c> what it takes is printed.</summary>
[Trait("time", "long")]
public sealed class PowerCutTests
{
    [Fact]
    public async Task Nothing_acknowledged_is_lost_with_appendfsync_always()
    {
        var (audit, taken, _) = await CutAsync("always");

        Console.WriteLine($"Power cut with appendfsync always ({taken} bytes gone): {audit}.");
        Assert.True(audit.IsClean, $"{audit}");
    }

    [Fact]
    public async Task With_everysec_the_last_second_or_two_may_be_lost_and_nothing_is_doubled_or_out_of_order()
    {
        var (audit, taken, at) = await CutAsync("everysec");

        Console.WriteLine($"Power cut with appendfsync everysec ({taken} bytes gone): {audit}; the oldest lost was stored {(at - audit.OldestLost)?.TotalSeconds:0.00} s before.");
        Assert.Equal((0, 0), (audit.Doubled, audit.OutOfOrder));
    }

    private static async Task<(Audit Audit, long Taken, DateTimeOffset At)> CutAsync(string appendfsync)
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendfsync", appendfsync);
        await using var service = await ServiceProcess.StartAsync(redis.Configuration);
        await using var power = await PowerCut.PrepareAsync(redis);
        using var crowd = new Crowd([service.Address]);
        crowd.Start();

        await crowd.ProgressAsync(300);
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        var at = TimeProvider.System.GetUtcNow();
        var taken = await power.CutAsync();
        await redis.StartAgainAsync();
        await crowd.ProgressAsync(50);

        return (await crowd.StopAsync(TimeSpan.FromSeconds(30)), taken, at);
    }
}
