using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Storage;

/// <summary>Subscriptions that Redis refuses, or that are lost with a connection or a server. What the nodes log here is expected.</summary>
public sealed class LostSubscriptionTests
{
    /// <summary>Channels that a node listens to as long as it runs: that of the orders about anonymous visitors.</summary>
    private const int Always = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_subscription_that_failed_is_made_as_soon_as_it_can_be_and_then_wakes_those_who_wait()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch(), PatientNodes.Settings);
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration},allowAdmin=true");
        var (subscriptions, channel) = (node.Services.GetRequiredService<ChannelSubscriptions>(), Keys.Announcements(SessionToken.NewSessionId()));
        await PermitAsync(admin, "-ssubscribe");

        using (var first = await WaitOnAsync(subscriptions, channel))
        using (var second = await WaitOnAsync(subscriptions, channel))
        {
            Assert.Equal(Always + 1, subscriptions.Count);
            var waits = new[] { first.WaitAsync(Patience).AsTask(), second.WaitAsync(Patience).AsTask() };
            await PermitAsync(admin, "+ssubscribe");

            // Something may have been announced before that.
            Assert.All(await Task.WhenAll(waits).WaitAsync(Patience, Ct), Assert.True);
            Assert.Equal(1, await ListenersAsync(admin, channel));
            var again = first.WaitAsync(Patience).AsTask();
            await subscriptions.AnnounceAsync(channel, Ct);
            Assert.True(await again.WaitAsync(Patience, Ct));
        }

        await UntilAsync("nobody listens", async () => subscriptions.Count == Always && await ListenersAsync(admin, channel) == 0);
    }

    [Fact]
    public async Task After_the_connection_was_lost_those_who_wait_are_woken_when_the_subscription_is_confirmed_and_not_before()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch(), PatientNodes.Settings);
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{redis.Configuration},allowAdmin=true");
        var (subscriptions, channel) = (node.Services.GetRequiredService<ChannelSubscriptions>(), Keys.Announcements(SessionToken.NewSessionId()));
        using var listener = await WaitOnAsync(subscriptions, channel);
        await UntilAsync("it listens", async () => await ListenersAsync(admin, channel) == 1);
        // The events of the start may wake it still.
        await UntilAsync("it waits undisturbed", async () => !await listener.WaitAsync(TimeSpan.FromSeconds(2)));
        await PermitAsync(admin, "-ssubscribe");
        await admin.GetDatabase().ExecuteAsync("ACL", "LOG", "RESET");
        var wait = listener.WaitAsync(Patience).AsTask();

        await admin.GetDatabase().ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await UntilAsync("it was refused", async () => (await ServiceUser.RefusalsAsync(admin)).Any(refusal => refusal.Contains("ssubscribe", StringComparison.Ordinal)));
        Assert.False(wait.IsCompleted);
        await PermitAsync(admin, "+ssubscribe");

        Assert.True(await wait.WaitAsync(Patience, Ct));
        Assert.Equal(1, await ListenersAsync(admin, channel));
    }

    [Fact]
    public async Task On_a_cluster_a_waiter_hears_again_after_the_primary_of_its_channel_was_replaced()
    {
        await using var cluster = await RedisClusterProcesses.StartAsync(nodeTimeoutMs: 1500);
        await using var node = ChatNode.Start(cluster.Configuration, new LogWatch(), PatientNodes.Settings);
        await using var admin = await ConnectionMultiplexer.ConnectAsync(cluster.Configuration);
        var subscriptions = node.Services.GetRequiredService<ChannelSubscriptions>();
        var channel = Enumerable.Repeat(0, int.MaxValue).Select(_ => Keys.Announcements(SessionToken.NewSessionId()))
            .First(name => admin.GetServer((RedisKey)name).EndPoint.Equals(admin.GetServer("127.0.0.1", cluster.Primary(0).Port).EndPoint));
        using var listener = await WaitOnAsync(subscriptions, channel);

        await cluster.FailOverAsync();

        await UntilAsync("it hears", async () =>
        {
            await AnnouncedAsync(subscriptions, channel);
            return await listener.WaitAsync(TimeSpan.FromMilliseconds(100)) && await SubscribersAsync(admin, channel) == 1;
        });
    }

    /// <summary>Changes what the nodes' user may do, also on connections that are there already.</summary>
    private static Task<RedisResult> PermitAsync(ConnectionMultiplexer admin, string change) => admin.GetDatabase().ExecuteAsync("ACL", "SETUSER", ServiceUser.Name, change);

    private static async Task<long> ListenersAsync(ConnectionMultiplexer admin, string channel) =>
        (long)(await admin.GetDatabase().ExecuteAsync("PUBSUB", "SHARDNUMSUB", channel))[1];

    /// <summary>On the server that has the channel, as it says itself; none while nobody does.</summary>
    private static async Task<long> SubscribersAsync(ConnectionMultiplexer admin, string channel)
    {
        try
        {
            await admin.GetDatabase().KeyExistsAsync(channel);
            return (long)(await admin.GetServer((RedisKey)channel).ExecuteAsync("PUBSUB", "SHARDNUMSUB", channel))[1];
        }
        catch (Exception e) when (e is RedisException or TimeoutException or InvalidOperationException)
        {
            return 0;
        }
    }

    private static async Task AnnouncedAsync(ChannelSubscriptions subscriptions, string channel)
    {
        try
        {
            await subscriptions.AnnounceAsync(channel, Ct);
        }
        catch (StorageUnavailableException)
        {
            // Nobody has the channel for now.
        }
    }

    private static Task<ChannelWaiter> WaitOnAsync(ChannelSubscriptions subscriptions, string channel) => subscriptions.WaitOnAsync([channel], TimeSpan.FromMinutes(10), TimeProvider.System, Ct);

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"Not within {Patience}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), Ct);
        }
    }
}
