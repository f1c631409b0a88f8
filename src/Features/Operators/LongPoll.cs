using Intotes.Chat.Features.Queue;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>Lets an operator wait for something to happen. While it waits it is there, so its leases are renewed.</summary>
public sealed class LongPoll(ChannelSubscriptions subscriptions, RosterStore roster, IOptions<ChatOptions> options, TimeProvider time)
{
    /// <summary>Tries again whenever one of the channels signals, until the result is worth an answer, the time is up, or the service stops.</summary>
    public async Task<T> UntilAsync<T>(
        Caller.Operator caller, TimeSpan wait, IReadOnlyCollection<string> channels, Func<Task<T>> attempt, Func<T, bool> isWorthAnAnswer, CancellationToken ct)
    {
        var renewal = TimeSpan.FromSeconds(options.Value.OperatorLeaseSeconds / 3.0);
        using var waiter = await subscriptions.WaitOnAsync(channels, wait, time, ct);
        while (true)
        {
            var result = await attempt();
            if (isWorthAnAnswer(result) || waiter.IsOver)
            {
                return result;
            }

            await waiter.WaitAsync(renewal);
            await roster.SeenAsync(caller, ct);
        }
    }
}
