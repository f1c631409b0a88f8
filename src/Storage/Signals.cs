using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>
/// Wakes those who wait for a session's next entry or a department's next call. A node subscribes to a channel only while somebody here waits
/// for it, once for all of them. A signal only wakes: what is delivered is always read from where it is stored, so a lost signal costs
/// time, never a message. After a reconnection everybody is woken, for signals sent meanwhile are gone; and when the service stops, because
/// then nobody is to wait. Ten thousand wait at a node, so what each of them takes counts.
/// </summary>
public sealed class Signals(RedisConnection connection, RedisGateway redis, IHostApplicationLifetime life)
{
    private readonly ConcurrentDictionary<string, Subscription> subscriptions = new();
    private int isWatching;

    internal CancellationToken Stopping => life.ApplicationStopping;

    /// <summary>
    /// Begins to listen. Read what the channels announce after this returns, then wait: nothing can slip in between.
    /// Without Redis the listener only knows the passing of time.
    /// </summary>
    /// <param name="channels">What to listen to.</param>
    /// <param name="lifetime">Ends every wait, as the stop of the service does.</param>
    /// <param name="time">By which time passes.</param>
    /// <param name="ct">Ends every wait too.</param>
    public async Task<Listener> ListenAsync(IReadOnlyCollection<string> channels, TimeSpan lifetime, TimeProvider time, CancellationToken ct)
    {
        Watch();
        var listener = new Listener(this, channels.Count == 0, lifetime, time, ct);
        await Task.WhenAll(channels.Select(channel => JoinAsync(channel, listener)));
        return listener;
    }

    /// <summary>Wakes the listeners of a channel on every node. Scripts that store something announce it themselves.</summary>
    public Task AnnounceAsync(string channel, CancellationToken ct) =>
        redis.CallAsync("SPUBLISH", db => db.PublishAsync(RedisChannel.Sharded(channel), "1"), ct);

    /// <summary>How many channels this node listens to; those that it is just leaving count.</summary>
    public int Count => subscriptions.Count;

    private async Task JoinAsync(string channel, Listener listener)
    {
        while (true)
        {
            var subscription = subscriptions.GetOrAdd(channel, name => new Subscription(name, SubscribeAsync));
            if (subscription.TryAdd(listener))
            {
                listener.Join(subscription);
                await subscription.Ready;
                return;
            }

            // The last listener is just leaving. Subscribed to again before that is through, the channel would be silent: the client takes one for the other.
            await subscription.Ended;
        }
    }

    private async Task SubscribeAsync(Subscription subscription)
    {
        try
        {
            await connection.Multiplexer.GetSubscriber().SubscribeAsync(RedisChannel.Sharded(subscription.Channel), subscription.OnMessage);
        }
        catch (Exception e) when (RedisGateway.IsTransient(e))
        {
            // Redis is away; the connection subscribes again by itself when it is back, and the reconnection wakes the listeners.
        }
    }

    internal void Leave(Subscription subscription, Listener listener)
    {
        if (subscription.Remove(listener))
        {
            // Nobody's answer has to wait for this.
            _ = EndAsync(subscription);
        }
    }

    private async Task EndAsync(Subscription subscription)
    {
        try
        {
            await subscription.Ready;
            await connection.Multiplexer.GetSubscriber().UnsubscribeAsync(RedisChannel.Sharded(subscription.Channel), subscription.OnMessage);
        }
        catch (Exception e) when (RedisGateway.IsTransient(e))
        {
            // Redis is away, and with it the subscription.
        }
        finally
        {
            subscriptions.TryRemove(KeyValuePair.Create(subscription.Channel, subscription));
            subscription.End();
        }
    }

    private void Watch()
    {
        if (Interlocked.Exchange(ref isWatching, 1) == 0)
        {
            connection.Multiplexer.ConnectionRestored += (_, _) => WakeAll();
            Stopping.Register(WakeAll);
        }
    }

    private void WakeAll()
    {
        foreach (var subscription in subscriptions.Values)
        {
            subscription.Signal();
        }
    }

    internal sealed class Subscription
    {
        private readonly HashSet<Listener> listeners = [];
        private readonly Lazy<Task> ready;
        private readonly TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool ended;

        public Subscription(string channel, Func<Subscription, Task> subscribe)
        {
            Channel = channel;
            ready = new Lazy<Task>(() => subscribe(this));
        }

        public string Channel { get; }

        /// <summary>Completes when Redis has taken the subscription, which the first to ask begins.</summary>
        public Task Ready => ready.Value;

        /// <summary>Completes when Redis has let go of it, or is away.</summary>
        public Task Ended => gone.Task;

        /// <summary>False once the last one has left.</summary>
        public bool TryAdd(Listener listener)
        {
            lock (listeners)
            {
                return !ended && listeners.Add(listener);
            }
        }

        /// <summary>True when that was the last one: the subscription has ended.</summary>
        public bool Remove(Listener listener)
        {
            lock (listeners)
            {
                return listeners.Remove(listener) && (ended = listeners.Count == 0);
            }
        }

        public void End() => gone.TrySetResult();

        public void OnMessage(RedisChannel source, RedisValue message) => Signal();

        public void Signal()
        {
            lock (listeners)
            {
                foreach (var listener in listeners)
                {
                    listener.Wake(isSignal: true);
                }
            }
        }
    }
}
