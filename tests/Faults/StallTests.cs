using Intotes.Chat.Tests.Redis;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>A server that stalls longer than it is waited for does later what callers were told had failed; their retries must find that.</summary>
[Trait("time", "long")]
public sealed class StallTests
{
    private static readonly TimeSpan Stall = TimeSpan.FromMilliseconds(1600);

    [Fact]
    public Task What_a_frozen_server_stored_is_not_stored_again() => StallAsync(async redis =>
    {
        await redis.PauseAsync();
        await Task.Delay(Stall, TestContext.Current.CancellationToken);
        await redis.ResumeAsync();
    });

    [Fact]
    public Task What_a_paused_server_stored_is_not_stored_again() => StallAsync(async redis =>
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration},allowAdmin=true");
        await admin.GetServers()[0].ExecuteAsync("CLIENT", "PAUSE", (int)Stall.TotalMilliseconds, "ALL");
        await Task.Delay(Stall, TestContext.Current.CancellationToken);
    });

    private static async Task StallAsync(Func<RedisServerProcess, Task> stall)
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var service = await ServiceProcess.StartAsync(redis.Configuration);
        await using var other = await ServiceProcess.StartAsync(redis.Configuration);
        using var crowd = new Crowd([service.Address, other.Address]);
        crowd.Start();
        for (var n = 0; n < 3; n++)
        {
            await crowd.ProgressAsync(Random.Shared.Next(100, 200));
            await stall(redis);
        }

        var audit = await crowd.StopAsync(TimeSpan.FromSeconds(60));
        Console.WriteLine($"Stalled three times for {Stall.TotalSeconds} s: {audit}; {crowd.Teller.Retries} sends were repeated.");
        Assert.True(audit.IsClean, $"{audit}");
        Assert.True(crowd.Teller.Retries > 0, "Nobody noticed the stalls.");
    }
}
