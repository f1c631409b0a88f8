using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Messages;

/// <summary>The state of the other side that a caller shows: whether it writes, and up to where it has read.</summary>
public sealed record PeerState(bool Typing, string? ReadUpTo)
{
    public static PeerState Of(PollReply reply) => new(reply.Typing, reply.ReadUpTo);

    /// <summary>As the parameters of a poll say it; null where they do not.</summary>
    public static PeerState? Said(bool? typing, string? readUpTo) => typing is { } writes ? new(writes, readUpTo is Cursor.Start ? null : readUpTo) : null;
}

/// <summary>Polls, and where the caller wants to wait, polls again when there is something new.</summary>
public sealed class MessagePoller(
    PollStore polls, RosterStore roster, ChannelSubscriptions subscriptions, IOptions<ChatOptions> options, TimeProvider time)
{
    /// <summary>The end of typing is not announced: typing runs out after six seconds.</summary>
    private static readonly TimeSpan TypingEnds = TimeSpan.FromSeconds(6.5);

    /// <summary>
    /// Answers at once if there is anything new or the session is closed; else as soon as there is, after <paramref name="wait"/>, or when
    /// the service stops. However often that looks, it is one poll of the caller's allowance. An operator that waits is there, so its
    /// leases are renewed.
    /// </summary>
    public async Task<Admission<PollReply>> PollAsync(SessionAccess access, Caller caller, string? after, int most, TimeSpan wait, PeerState? shown, CancellationToken ct)
    {
        var first = await polls.PollAsync(access, caller, after, most, ct);
        if (wait == TimeSpan.Zero || first.Reply is not { } before || IsWorthTelling(before) || (shown is not null && shown != PeerState.Of(before)))
        {
            return first;
        }

        access = access with { Allowance = "" };
        var renewal = caller is Caller.Operator ? TimeSpan.FromSeconds(options.Value.OperatorLeaseSeconds / 3.0) : wait;
        using var waiter = await subscriptions.WaitOnAsync([Keys.Announcements(access.SessionId)], wait, time, ct);
        while (true)
        {
            var entered = await polls.PollAsync(access, caller, after, most, ct);
            if (entered.Reply is not { } reply || IsWorthTelling(reply) || HasChanged(before, reply) || waiter.IsOver)
            {
                return entered;
            }

            await waiter.WaitAsync(reply.Typing && TypingEnds < renewal ? TypingEnds : renewal);
            if (caller is Caller.Operator @operator)
            {
                await roster.SeenAsync(@operator, ct);
            }
        }
    }

    /// <summary>Whether anything changed that shows without a message: the operator, typing, the read mark.</summary>
    private static bool HasChanged(PollReply before, PollReply now) =>
        PeerState.Of(now) != PeerState.Of(before) || now.Status != before.Status || now.OperatorName != before.OperatorName;

    private static bool IsWorthTelling(PollReply reply) => reply.Messages.Count > 0 || reply.Status == SessionStatus.Closed;
}
