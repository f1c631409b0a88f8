using Intotes.Chat.Tests.Hosting;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Faults;

/// <summary>The network between the service and Redis does what networks do, under load: nothing hangs or leaks, and all goes on by itself.</summary>
[Collection(nameof(Alone))]
[Trait("time", "long")]
public sealed class NetworkFaultTests
{
    private static readonly TimeSpan GoesOnWithin = TimeSpan.FromSeconds(5), AnswersWithin = TimeSpan.FromSeconds(4);

    /// <summary>Long enough for attempts (0.5 s) and calls (1.1 s) to fail.</summary>
    private static readonly TimeSpan Lasting = LongForm.Or(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1.3));

    private static readonly (string Name, Action<TcpProxy> Begin)[] Breaking =
    [
        ("half open", proxy => proxy.Swallow()),
        ("requests held", proxy => proxy.HoldRequests()),
        ("replies held", proxy => proxy.HoldReplies()),
        ("replies cut", proxy => proxy.CutReplies(withinBytes: 3000)),
        ("reset", proxy => proxy.Reset()),
        ("refused", proxy => proxy.Refuse()),
    ];

    [Fact]
    public Task The_network_breaks_in_every_way_and_the_service_goes_on() => UnderLoadAsync("Network", async (proxy, _, crowd) =>
    {
        for (var round = 0; round < LongForm.Or(3, 1); round++)
        {
            foreach (var (name, begin) in Breaking)
            {
                var (retries, taken) = (crowd.Teller.Retries, proxy.Taken);
                begin(proxy);
                await Task.Delay(Lasting, TestContext.Current.CancellationToken);
                proxy.Heal();
                await GoesOnAsync(name, crowd, retries);
                Console.WriteLine($"{name}: {proxy.Taken - taken} connections were made to Redis meanwhile.");
            }
        }
    });

    [Fact]
    public Task The_network_is_slow_and_uneven_and_the_service_serves() => UnderLoadAsync("Latency", async (proxy, _, crowd) =>
    {
        var began = crowd.Teller.Now;
        proxy.Delay(TimeSpan.FromMilliseconds(80), jitter: TimeSpan.FromMilliseconds(70));
        var speed = await crowd.SpeedAsync(LongForm.Or(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(4)));
        var slow = Latencies.Of(crowd.Teller.Answers.Where(answer => answer.At - answer.Took > began).Select(answer => answer.Took));
        proxy.Heal();

        Console.WriteLine($"80 +- 70 ms each way: {speed:0} messages a second; {slow}; {crowd.Teller.Retries} sends were repeated.");
        Assert.True(slow.Half > 100, "The proxy delayed nothing.");
        Assert.True(crowd.Teller.Retries < slow.Count / 20, "Slowness was taken for failure.");
        await crowd.ProgressAsync(100);
    });

    [Fact]
    public async Task Packets_are_dropped_and_the_service_goes_on()
    {
        var isPermitted = await PacketFilter.IsPermittedAsync();
        if (!isPermitted)
        {
            Console.WriteLine("NO PACKET IS DROPPED: there is no iptables here, or it is not permitted. The proxy swallows all bytes in its place.");
        }

        await UnderLoadAsync("Dropped packets", async (proxy, redis, crowd) =>
        {
            var retries = crowd.Teller.Retries;
            await using (isPermitted ? await PacketFilter.TryDropAsync(redis.Port) : null)
            {
                proxy.Swallow();
                await Task.Delay(Lasting + Lasting, TestContext.Current.CancellationToken);
            }

            proxy.Heal();
            await GoesOnAsync("packets dropped", crowd, retries);
        }, throughProxy: !isPermitted);
    }

    private static async Task GoesOnAsync(string fault, Crowd crowd, int retriesBefore)
    {
        var healed = TimeProvider.System.GetTimestamp();
        await crowd.ProgressAsync(100);
        var took = TimeProvider.System.GetElapsedTime(healed);

        Console.WriteLine($"{fault}: {crowd.Teller.Retries - retriesBefore} sends were repeated; 100 messages were acknowledged {took.TotalSeconds:0.0} s after its end.");
        Assert.True(crowd.Teller.Retries > retriesBefore, $"{fault}: nobody noticed.");
        Assert.True(took < GoesOnWithin, $"{fault}: the service went on after {took}.");
    }

    private static async Task UnderLoadAsync(string what, Func<TcpProxy, RedisServerProcess, Crowd, Task> fail, bool throughProxy = true)
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var proxy = TcpProxy.To(redis.Port);
        await using var service = await ServiceProcess.StartAsync(throughProxy ? $"127.0.0.1:{proxy.Port}" : redis.Configuration);
        await using var watch = UsageWatch.Of(service);
        using var crowd = new Crowd([service.Address]);
        crowd.Start();
        await crowd.ProgressAsync(1000);
        var loaded = watch.PeakSince(TimeSpan.Zero);

        await fail(proxy, redis, crowd);
        var (peak, after) = (watch.PeakSince(loaded.At), watch.Last);
        var audit = await crowd.StopAsync(TimeSpan.FromSeconds(30));

        var answers = Latencies.Of(crowd.Teller.Answers.Select(answer => answer.Took));
        Console.WriteLine($"{what}: {audit}; {answers}; {crowd.Teller.Retries} sends were repeated.");
        Assert.True(audit.IsClean, $"{audit}");
        Assert.Empty(crowd.Teller.StrayFailures);
        Assert.True(answers.Max < AnswersWithin.TotalMilliseconds, $"Somebody waited {answers.Max} ms for an answer.");
        Assert.DoesNotContain(crowd.Teller.Answers, answer => answer.Status == 0);
        Flatness.Check(what, loaded, peak, after);
    }
}
