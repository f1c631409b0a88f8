using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>
/// A primary fails under load and a replica takes its place, with no restart of the service. What was acknowledged is there afterwards where
/// replicas are waited for; where they are not, what the replication had not yet carried over is printed.
/// </summary>
[Trait("time", "long")]
public sealed class FailoverTests
{
    /// <summary>Far more than it takes: that writes come back by themselves at all. How long it took is printed.</summary>
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(45);

    /// <summary>Values of <c>Redis__WaitReplicas</c>; the long form also measures what is lost without.</summary>
    public static TheoryData<int> WaitReplicas => LongForm.IsAsked ? [0, 1] : [1];

    [Theory]
    [MemberData(nameof(WaitReplicas))]
    public async Task Of_a_cluster_a_primary_is_killed(int waitReplicas)
    {
        await using var cluster = await RedisClusterProcesses.StartAsync(nodeTimeoutMs: 1500);
        var audit = await UnderLoadAsync(cluster.Configuration, waitReplicas, async crowd =>
        {
            await cluster.FailOverAsync();
            await cluster.StartAgainAsync();
            await crowd.ProgressAsync(300);
        });

        Console.WriteLine($"Cluster, a primary killed, Redis__WaitReplicas {waitReplicas}: {audit}.");
        Check(audit, waitReplicas);
    }

    [Theory]
    [MemberData(nameof(WaitReplicas))]
    public async Task Behind_Sentinel_the_primary_is_killed(int waitReplicas)
    {
        await using var redis = await RedisSentinelProcesses.StartAsync();
        var audit = await UnderLoadAsync(redis.Configuration, waitReplicas, async crowd =>
        {
            await redis.Primary.KillAsync();
            await crowd.ProgressAsync(300);
        });

        Console.WriteLine($"Sentinel, the primary killed, Redis__WaitReplicas {waitReplicas}: {audit}.");
        Check(audit, waitReplicas);
    }

    [Theory]
    [MemberData(nameof(WaitReplicas))]
    public async Task Behind_Sentinel_the_primary_hangs_and_comes_back(int waitReplicas)
    {
        await using var redis = await RedisSentinelProcesses.StartAsync();
        var audit = await UnderLoadAsync(redis.Configuration, waitReplicas, async crowd =>
        {
            await redis.Primary.PauseAsync();
            await crowd.ProgressAsync(300);
            await redis.Primary.ResumeAsync();
            await crowd.ProgressAsync(300);
        });

        Console.WriteLine($"Sentinel, the primary hung, Redis__WaitReplicas {waitReplicas}: {audit}.");
        Check(audit, waitReplicas);
    }

    private static void Check(Audit audit, int waitReplicas)
    {
        Assert.Equal((0, 0), (audit.Doubled, audit.OutOfOrder));
        Assert.True(waitReplicas == 0 || audit.IsClean, $"{audit}");
    }

    private static async Task<Audit> UnderLoadAsync(string redis, int waitReplicas, Func<Crowd, Task> fail)
    {
        var settings = new Dictionary<string, string> { ["Redis__WaitReplicas"] = $"{waitReplicas}" };
        await using var service = await ServiceProcess.StartAsync(redis, settings);
        await using var other = await ServiceProcess.StartAsync(redis, settings);
        using var crowd = new Crowd([service.Address, other.Address]);
        crowd.Start();
        await crowd.ProgressAsync(200);
        await fail(crowd);
        var audit = await crowd.StopAsync(TimeSpan.FromSeconds(90));

        Console.WriteLine($"The longest that anybody waited was {crowd.Teller.LongestWait.TotalSeconds:0.0} s.");
        Assert.True(crowd.Teller.LongestWait < BackWithin, $"Writes were back after {crowd.Teller.LongestWait}.");
        return audit;
    }
}
