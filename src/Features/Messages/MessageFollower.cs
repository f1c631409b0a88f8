using System.Runtime.CompilerServices;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// Follows a conversation for as long as a caller stays: signals wake, the stream delivers. What no signal announces, or whose signal was lost, is
/// found by looking again after a while.
/// </summary>
public sealed class MessageFollower(
    PollStore polls, PollAnswers answers, ReadLimits limits, RosterStore roster, ChannelSubscriptions subscriptions, OpenStreams streams, IOptions<ChatOptions> options, TimeProvider time)
{
    /// <summary>Entries in one event.</summary>
    public const int MostAtOnce = 200;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15), InQueue = TimeSpan.FromSeconds(5), WhileTyping = TimeSpan.FromSeconds(6.5);

    private readonly TimeSpan renewal = TimeSpan.FromSeconds(options.Value.OperatorLeaseSeconds / 3.0);

    /// <summary>
    /// An answer whenever something is new after what the caller was <paramref name="told"/> first, and null when nothing was said for a while. Ends with the
    /// session, where <paramref name="client"/> has read too much, with the right to enter it, after <paramref name="lifetime"/>, or when the service stops. An operator that follows is there, so its leases are
    /// renewed. Where the caller opens too many, <paramref name="cut"/> ends this one.
    /// </summary>
    public async IAsyncEnumerable<PollAnswer?> FollowAsync(
        SessionAccess access, Caller caller, string client, PollAnswer told, TimeSpan lifetime, Action cut, [EnumeratorCancellation] CancellationToken ct)
    {
        using var place = lifetime > TimeSpan.Zero ? streams.Enter(access.SessionId, caller is Caller.Operator, cut) : null;
        using var waiter = await subscriptions.WaitOnAsync([Keys.Announcements(access.SessionId)], lifetime, time, ct);
        var (spoke, stayed) = (time.GetTimestamp(), time.GetTimestamp());
        while (!IsTheEnd(told) && !waiter.IsOver)
        {
            // By the clock, not by a pause that nothing ended: a lively talk, or somebody who writes for long, ends every one.
            if (caller is Caller.Operator @operator && time.GetElapsedTime(stayed) >= renewal - ChannelWaiter.Early)
            {
                await StayAsync(@operator, ct);
                stayed = time.GetTimestamp();
            }

            var (isThere, answer) = await LookAsync(access, caller, client, told.Cursor, ct);
            if (isThere && answer is null)
            {
                yield break;
            }

            var isNew = answer is not null && (answer.Messages.Count > 0 || HasChanged(told, answer));
            // The messages are not kept in memory for as long as the stream lasts.
            told = answer is null ? told : answer with { Messages = [] };
            if (isNew || time.GetElapsedTime(spoke) >= Quiet - ChannelWaiter.Early)
            {
                yield return isNew ? answer : null;
                spoke = time.GetTimestamp();
            }

            if (!isNew)
            {
                await waiter.WaitAsync(isThere ? Pause(told, caller, Quiet - time.GetElapsedTime(spoke)) : Spread(InQueue));
            }
        }
    }

    /// <summary>Closed, and with nothing left to tell: then there is a pause until the next poll.</summary>
    private static bool IsTheEnd(PollAnswer told) => told is { Status: SessionStatus.Closed, NextPollMs: > 0 };

    /// <summary>What shows without a message: who is there, who writes, what was read, the place in the queue.</summary>
    private static bool HasChanged(PollAnswer told, PollAnswer now) =>
        now.Typing != told.Typing || now.ReadUpTo != told.ReadUpTo || now.Status != told.Status || now.Operator != told.Operator || now.Queue != told.Queue;

    /// <summary>Nobody announces that a queue has moved, or that somebody stopped typing without a word.</summary>
    private TimeSpan Pause(PollAnswer told, Caller caller, TimeSpan untilQuiet)
    {
        var change = told.Typing ? WhileTyping : told.Status == SessionStatus.Waiting ? InQueue : Quiet;
        var pause = change < untilQuiet ? change : untilQuiet;
        return caller is Caller.Operator && renewal < pause ? renewal : pause;
    }

    /// <summary>Spreads the readers that come back when Redis does.</summary>
    private static TimeSpan Spread(TimeSpan longest) => longest * Random.Shared.NextDouble();

    /// <summary>While Redis is away there is nothing new; the stream goes on when it is back. No answer where the caller may no longer enter, or read.</summary>
    private async Task<(bool IsThere, PollAnswer? Answer)> LookAsync(SessionAccess access, Caller caller, string client, string after, CancellationToken ct)
    {
        try
        {
            var entered = limits.Count(client, await polls.PollAsync(access, caller, after, limits.Most(client, MostAtOnce), ct));
            return (true, entered.Reply is { } reply ? await answers.OfAsync(reply, waited: true, ct) : null);
        }
        catch (StorageUnavailableException)
        {
            return (false, null);
        }
    }

    private async Task StayAsync(Caller.Operator caller, CancellationToken ct)
    {
        try
        {
            await roster.SeenAsync(caller, ct);
        }
        catch (StorageUnavailableException)
        {
            // Leases last as much longer as Redis is away.
        }
    }
}
