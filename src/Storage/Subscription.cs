using System.Net;
using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>One channel that a node listens to, and all waiters of this node for it.</summary>
internal sealed class Subscription(string name)
{
    private readonly HashSet<ChannelWaiter> waiters = [];
    private readonly TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? attempt;
    private EndPoint? server;
    private int restorations;
    private bool isRegistered, ended;

    public string Name => name;

    public RedisChannel Channel { get; } = RedisChannel.Sharded(name);

    /// <summary>Completes when Redis has let go of it, or is away.</summary>
    public Task Ended => gone.Task;

    /// <summary>False once the last one has left.</summary>
    public bool TryAdd(ChannelWaiter waiter)
    {
        lock (waiters)
        {
            return !ended && waiters.Add(waiter);
        }
    }

    /// <summary>True when that was the last one: the subscription has ended.</summary>
    public bool Remove(ChannelWaiter waiter)
    {
        lock (waiters)
        {
            return waiters.Remove(waiter) && (ended = waiters.Count == 0);
        }
    }

    public void End() => gone.TrySetResult();

    /// <summary>
    /// Whether it has to be subscribed to: no server has confirmed it, or the connection was made anew since, or the client has moved it to another server.
    /// Announcements may have been missed then.
    /// </summary>
    public bool IsLost(ISubscriber subscriber, int restorationsNow)
    {
        lock (waiters)
        {
            return !ended && (server is null || restorations != restorationsNow || !server.Equals(subscriber.SubscribedEndpoint(Channel)));
        }
    }

    /// <summary>
    /// Subscribes, and wakes the waiters once a server has confirmed it, unless that was the first attempt. One attempt at a time: a waiter that comes meanwhile
    /// waits for it. An attempt that fails leaves the subscription lost, so that it is tried again.
    /// </summary>
    /// <param name="subscriber">Of the connection.</param>
    /// <param name="restorationsNow">How often the connection was made anew before this.</param>
    /// <returns>The failure of the attempt, or null.</returns>
    public async Task<Exception?> SubscribeAsync(ISubscriber subscriber, int restorationsNow)
    {
        TaskCompletionSource own = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task? other;
        lock (waiters)
        {
            other = ended ? Task.CompletedTask : attempt?.Task;
            attempt ??= own;
        }

        if (other is not null)
        {
            await other;
            return null;
        }

        // Waiters of the first attempt have not read yet, so they missed nothing.
        var (isFirst, failure) = (!isRegistered, default(Exception));
        try
        {
            await RegisterAsync(subscriber);
        }
        catch (Exception e)
        {
            failure = e;
        }

        lock (waiters)
        {
            (server, restorations) = (failure is null ? subscriber.SubscribedEndpoint(Channel) : null, restorationsNow);
            attempt = null;
        }

        own.SetResult();
        if (failure is null && !isFirst)
        {
            Signal();
        }

        return failure;
    }

    /// <summary>Lets the server and the client forget it, after the attempt that may be under way.</summary>
    public async Task UnsubscribeAsync(ISubscriber subscriber)
    {
        Task? last;
        lock (waiters)
        {
            last = attempt?.Task;
        }

        await (last ?? Task.CompletedTask);
        await subscriber.UnsubscribeAsync(Channel, OnMessage);
    }

    public void Signal()
    {
        lock (waiters)
        {
            foreach (var waiter in waiters)
            {
                waiter.Wake(isSignal: true);
            }
        }
    }

    /// <summary>
    /// The client keeps a handler even where the server refused it, and would call one twice that is given twice. So the handler is given once; another,
    /// which is taken back at once, makes the client subscribe where it has no server, and wait for the confirmation.
    /// </summary>
    private async Task RegisterAsync(ISubscriber subscriber)
    {
        if (!isRegistered)
        {
            isRegistered = true;
            await subscriber.SubscribeAsync(Channel, OnMessage);
            return;
        }

        try
        {
            await subscriber.SubscribeAsync(Channel, Nothing);
        }
        finally
        {
            // The other handler is still there, so nothing is sent.
            await subscriber.UnsubscribeAsync(Channel, Nothing);
        }
    }

    private void OnMessage(RedisChannel source, RedisValue message) => Signal();

    private static void Nothing(RedisChannel source, RedisValue message)
    {
    }
}
