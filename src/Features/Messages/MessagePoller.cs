using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Messages;

/// <summary>Polls, and where the caller wants to wait, polls again when there is something new.</summary>
public sealed class MessagePoller(
    MessageStore messages, RosterStore roster, Signals signals, IHostApplicationLifetime life, IOptions<ChatOptions> options, TimeProvider time)
{
    /// <summary>
    /// Answers at once if there is anything new or the session is closed; else as soon as there is, after <paramref name="wait"/>, or when
    /// the service stops. An operator that waits is there, so its leases are renewed.
    /// </summary>
    public async Task<PollReply?> PollAsync(SessionAccess access, Caller caller, string? after, int most, TimeSpan wait, CancellationToken ct)
    {
        var reply = await messages.PollAsync(access, caller, after, most, ct);
        if (wait == TimeSpan.Zero || reply is null || IsWorthTelling(reply))
        {
            return reply;
        }

        using var deadline = new CancellationTokenSource(wait, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct, life.ApplicationStopping);
        var renewal = caller is Caller.Operator ? TimeSpan.FromSeconds(options.Value.OperatorLeaseSeconds / 3.0) : Timeout.InfiniteTimeSpan;
        await using var listener = await signals.ListenAsync(Keys.Announcements(access.SessionId));
        var before = reply;
        while (true)
        {
            reply = await messages.PollAsync(access, caller, after, most, ct);
            if (reply is null || IsWorthTelling(reply) || HasChanged(before, reply) || end.IsCancellationRequested)
            {
                return reply;
            }

            using var pause = new CancellationTokenSource(renewal, time);
            using var next = CancellationTokenSource.CreateLinkedTokenSource(pause.Token, end.Token);
            await listener.WaitAsync(next.Token);
            if (caller is Caller.Operator @operator)
            {
                await roster.SeenAsync(@operator, ct);
            }
        }
    }

    /// <summary>What shows without a message: who is there, who writes, what was read.</summary>
    private static bool HasChanged(PollReply before, PollReply now) =>
        now.Typing != before.Typing || now.ReadUpTo != before.ReadUpTo || now.Status != before.Status || now.OperatorName != before.OperatorName;

    private static bool IsWorthTelling(PollReply reply) => reply.Messages.Count > 0 || reply.Status == SessionStatus.Closed;
}
