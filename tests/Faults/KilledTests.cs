using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>Nothing acknowledged is lost, doubled or out of order when processes are killed (SIGKILL) under load.</summary>
public sealed class KilledTests
{
    /// <summary>How often each is killed: a few times in every run, 20 times with <c>./test --long</c>.</summary>
    private static int Times => LongForm.Or(20, 3);

    [Fact]
    public async Task The_service_is_killed()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var service = await ServiceProcess.StartAsync(redis.Configuration);
        await using var other = await ServiceProcess.StartAsync(redis.Configuration);
        using var crowd = new Crowd([service.Address, other.Address]);
        crowd.Start();

        for (var n = 0; n < Times; n++)
        {
            await crowd.ProgressAsync(Random.Shared.Next(100, 200));
            await service.KillAsync();
            await service.StartAgainAsync();
        }

        var audit = await crowd.StopAsync(TimeSpan.FromSeconds(90));
        Console.WriteLine($"The service was killed {Times} times: {audit}; {crowd.Teller.Retries} sends were repeated.");
        Assert.True(audit.IsClean, $"{audit}");
    }

    [Fact]
    public async Task Redis_is_killed_with_appendfsync_always()
    {
        var audit = await KillRedisAsync("always");

        Assert.True(audit.IsClean, $"{audit}");
    }

    /// <summary>
    /// With <c>everysec</c> Redis puts off writing for up to two seconds while an fsync is still at work, and answers meanwhile; what it has
    /// not written then dies with it. That is the promise of this setting, so what is lost is printed.
    /// </summary>
    [Fact]
    public async Task Redis_is_killed_with_appendfsync_everysec()
    {
        var audit = await KillRedisAsync("everysec");

        Assert.Equal((0, 0), (audit.Doubled, audit.OutOfOrder));
    }

    private static async Task<Audit> KillRedisAsync(string appendfsync)
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendfsync", appendfsync);
        await using var service = await ServiceProcess.StartAsync(redis.Configuration);
        await using var other = await ServiceProcess.StartAsync(redis.Configuration);
        using var crowd = new Crowd([service.Address, other.Address]);
        crowd.Start();

        for (var n = 0; n < Times; n++)
        {
            await crowd.ProgressAsync(Random.Shared.Next(100, 200));
            await redis.KillAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(0, 1500)), TestContext.Current.CancellationToken);
            await redis.StartAgainAsync();
        }

        var audit = await crowd.StopAsync(TimeSpan.FromSeconds(90));
        Console.WriteLine($"redis-server with appendfsync {appendfsync} was killed {Times} times: {audit}; {crowd.Teller.Retries} sends were repeated.");
        return audit;
    }
}
