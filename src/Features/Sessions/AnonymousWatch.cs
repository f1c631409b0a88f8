using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// Keeps up to date what this node knows about anonymous visitors: a supervisor's order as soon as it is announced, and every five seconds in case the
/// announcement was lost; and what their sessions take. Where Redis is away the node goes on with what it knew.
/// </summary>
public sealed partial class AnonymousWatch(
    AnonymousStore store, AnonymousPolicy policy, AnonymousBytes bytes, RedisConnection connection, ChannelSubscriptions subscriptions, TimeProvider time, ILogger<AnonymousWatch> logger)
    : PeriodicService(TimeSpan.FromSeconds(5), time, logger)
{
    private (string Request, IReadOnlyDictionary<long, long> Changes)? pending;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (connection.HasConnected)
        {
            // Before the first request is served.
            await TryAsync(ReadAsync, cancellationToken);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(base.ExecuteAsync(stoppingToken), TryAsync(FollowOrdersAsync, stoppingToken));

    protected override async Task RoundAsync(CancellationToken ct)
    {
        await TryAsync(ReadAsync, ct);
        await CountAsync(ct);
    }

    /// <summary>Hands over what this node has noted, and reads what all anonymous sessions take. Does nothing where there is no total.</summary>
    public async Task CountAsync(CancellationToken ct)
    {
        if (bytes.Most == 0)
        {
            return;
        }

        // Repeated under the same id until it is through: the last try may have been.
        pending ??= ($"{Guid.NewGuid():N}", bytes.Take());
        bytes.Total = await store.CountAsync(pending.Value.Request, pending.Value.Changes, ct);
        pending = null;
    }

    private async Task FollowOrdersAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            using var waiter = await subscriptions.WaitOnAsync([Keys.AnonymousOrders], TimeSpan.FromDays(1), Time, ct);
            while (!waiter.IsOver)
            {
                await TryAsync(ReadAsync, ct);
                await waiter.WaitAsync(TimeSpan.FromDays(1));
            }
        }
    }

    /// <summary>Reads the order that holds.</summary>
    public async Task ReadAsync(CancellationToken ct)
    {
        var (before, asked) = (policy.State, policy.Ask());
        policy.Answer(asked, await store.ReadAsync(ct));
        if (policy.State != before)
        {
            Log.Changed(logger, policy.State);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "What anonymous visitors may do has changed: {State}")]
        public static partial void Changed(ILogger logger, AnonymousState state);
    }
}
