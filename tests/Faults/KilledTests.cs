using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>Nothing acknowledged is lost, doubled or out of order when processes are killed (SIGKILL) under load.</summary>
[Trait("time", "long")]
public sealed class KilledTests
{
    private static int Times => LongForm.Or(20, 3);

    [Fact]
    public async Task The_service_is_killed()
    {
        var audit = await KillAsync("The service", "everysec", async (_, service) =>
        {
            await service.KillAsync();
            await service.StartAgainAsync();
        });

        Assert.True(audit.IsClean, $"{audit}");
    }

    [Fact]
    public async Task Redis_is_killed_with_appendfsync_always()
    {
        var audit = await KillAsync("redis-server with appendfsync always", "always", KillRedisAsync);

        Assert.True(audit.IsClean, $"{audit}");
    }

    /// <summary>
    /// With <c>everysec</c> Redis puts off writing for up to two seconds while an fsync is still at work, and answers meanwhile; what it has
    /// not written then dies with it. That is the promise of this setting, so what is lost is printed.
    /// </summary>
    [Fact]
    public async Task Redis_is_killed_with_appendfsync_everysec()
    {
        var audit = await KillAsync("redis-server with appendfsync everysec", "everysec", KillRedisAsync);

        Assert.Equal((0, 0), (audit.Doubled, audit.OutOfOrder));
    }

    private static async Task KillRedisAsync(RedisServerProcess redis, ServiceProcess service)
    {
        await redis.KillAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(0, 1500)), TestContext.Current.CancellationToken);
        await redis.StartAgainAsync();
    }

    private static async Task<Audit> KillAsync(string what, string appendfsync, Func<RedisServerProcess, ServiceProcess, Task> kill)
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendfsync", appendfsync);
        await using var service = await ServiceProcess.StartAsync(redis.Configuration);
        await using var other = await ServiceProcess.StartAsync(redis.Configuration);
        using var crowd = new Crowd([service.Address, other.Address]);
        crowd.Start();
        for (var n = 0; n < Times; n++)
        {
            await crowd.ProgressAsync(Random.Shared.Next(100, 200));
            await kill(redis, service);
        }

        var audit = await crowd.StopAsync(TimeSpan.FromSeconds(90));
        Console.WriteLine($"{what} was killed {Times} times: {audit}; {crowd.Teller.Retries} sends were repeated.");
        return audit;
    }
}
