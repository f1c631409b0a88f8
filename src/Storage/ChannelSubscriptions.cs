using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>
/// Wakes those who wait for a session's next entry or a department's next call. A node subscribes to a channel only while somebody here waits
/// for it, once for all of them. A signal only wakes: what is delivered is always read from where it is stored, so a lost signal costs
/// time, never a message. A subscription that failed or was lost is made again until Redis confirms it; then its waiters are woken, for signals sent
/// meanwhile are gone. When the service stops everybody is woken, because then nobody is to wait. Ten thousand wait at a node, so what each of them takes
/// counts.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle is never asked for holds nothing to dispose.")]
public sealed partial class ChannelSubscriptions(RedisConnection connection, RedisGateway redis, IHostApplicationLifetime life, ILogger<ChannelSubscriptions> logger)
{
    /// <summary>How often lost subscriptions are looked for, besides whenever the connection was made anew.</summary>
    internal static readonly TimeSpan BetweenChecks = TimeSpan.FromMilliseconds(500);

    /// <summary>Subscriptions that are made again at the same time.</summary>
    private static readonly ParallelOptions FewAtOnce = new() { MaxDegreeOfParallelism = 64 };

    private readonly ConcurrentDictionary<string, Subscription> subscriptions = new();
    private readonly SemaphoreSlim isRestored = new(0);
    private int isWatching, restorations, isRefused;

    internal CancellationToken Stopping => life.ApplicationStopping;

    /// <summary>How many channels this node listens to; those that it is just leaving count.</summary>
    public int Count => subscriptions.Count;

    private ISubscriber Subscriber => connection.Multiplexer.GetSubscriber();

    /// <summary>
    /// Begins to listen. Read what the channels announce after this returns, then wait: nothing can slip in between.
    /// Without Redis the waiter only knows the passing of time, until the subscription is made.
    /// </summary>
    /// <param name="channels">The channels to wait on.</param>
    /// <param name="lifetime">Ends every wait, as the stop of the service does.</param>
    /// <param name="time">By which time passes.</param>
    /// <param name="ct">Ends every wait too.</param>
    public async Task<ChannelWaiter> WaitOnAsync(IReadOnlyCollection<string> channels, TimeSpan lifetime, TimeProvider time, CancellationToken ct)
    {
        Watch();
        var waiter = new ChannelWaiter(this, channels.Count == 0, lifetime, time, ct);
        await Task.WhenAll(channels.Select(channel => JoinAsync(channel, waiter)));
        return waiter;
    }

    /// <summary>Wakes the waiters of a channel on every node. Scripts that store something announce it themselves.</summary>
    public Task AnnounceAsync(string channel, CancellationToken ct) =>
        redis.CallAsync("SPUBLISH", channel, (db, _) => db.PublishAsync(RedisChannel.Sharded(channel), "1"), ct);

    internal void Leave(Subscription subscription, ChannelWaiter waiter)
    {
        if (subscription.Remove(waiter))
        {
            // Nobody's answer has to wait for this.
            _ = EndAsync(subscription);
        }
    }

    private async Task JoinAsync(string channel, ChannelWaiter waiter)
    {
        while (true)
        {
            var subscription = subscriptions.GetOrAdd(channel, static name => new Subscription(name));
            if (subscription.TryAdd(waiter))
            {
                waiter.Join(subscription);
                if (subscription.IsLost(Subscriber, Volatile.Read(ref restorations)))
                {
                    await SubscribeAsync(subscription);
                }

                return;
            }

            // The last waiter is just leaving. Subscribed to again before that is through, the channel would be silent: the client takes one for the other.
            await subscription.Ended;
        }
    }

    /// <summary>One attempt. Where it fails, the watch makes others.</summary>
    private async Task SubscribeAsync(Subscription subscription)
    {
        var failure = await subscription.SubscribeAsync(Subscriber, Volatile.Read(ref restorations));
        if (failure is not null && !RedisGateway.IsTransient(failure) && Interlocked.Exchange(ref isRefused, 1) == 0)
        {
            Log.Refused(logger, failure.GetType().Name);
        }
    }

    private async Task EndAsync(Subscription subscription)
    {
        try
        {
            await subscription.UnsubscribeAsync(Subscriber);
        }
        catch (Exception) // Redis is away, and with it the subscription; or it refuses, and there is none.
        {
        }
        finally
        {
            subscriptions.TryRemove(KeyValuePair.Create(subscription.Name, subscription));
            subscription.End();
        }
    }

    private void Watch()
    {
        if (Interlocked.Exchange(ref isWatching, 1) == 0)
        {
            connection.Multiplexer.ConnectionRestored += (_, _) =>
            {
                Interlocked.Increment(ref restorations);
                isRestored.Release();
            };
            Stopping.Register(WakeAll);
            _ = MendAsync();
        }
    }

    /// <summary>For as long as the service runs.</summary>
    private async Task MendAsync()
    {
        while (!Stopping.IsCancellationRequested)
        {
            await isRestored.WaitAsync(BetweenChecks, CancellationToken.None);
            try
            {
                var (subscriber, now) = (Subscriber, Volatile.Read(ref restorations));
                // An attempt without a connection would fail, and cost as much as one that does not.
                var lost = subscriptions.Values.Where(subscription => subscription.IsLost(subscriber, now) && subscriber.IsConnected(subscription.Channel));
                await Parallel.ForEachAsync(lost, FewAtOnce, async (subscription, _) => await SubscribeAsync(subscription));
            }
            catch (Exception e) // No failure may end the watch.
            {
                Log.Failed(logger, e);
            }
        }
    }

    private void WakeAll()
    {
        foreach (var subscription in subscriptions.Values)
        {
            subscription.Signal();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Redis refuses a subscription ({Error}); it is tried again, and clients that wait hear of news later. Said once")]
        public static partial void Refused(ILogger logger, string error);

        [LoggerMessage(LogLevel.Error, "Lost subscriptions could not be looked for; it is tried again")]
        public static partial void Failed(ILogger logger, Exception error);
    }
}
