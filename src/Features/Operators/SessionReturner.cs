using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>
/// Brings sessions back into the queue. The session changes first, then the queue, then the operator's index: after an interruption at any step, the
/// index still names the session, so the sweep comes by again and every step may be repeated.
/// </summary>
public sealed class SessionReturner(HandoverStore handovers, AccountStore accounts, CallEnqueuer enqueuer, HeldIndex index, SampleStore samples, ChatMetrics metrics)
{
    /// <summary>Null when the operator does not have the session.</summary>
    public async Task<Session?> ReturnAsync(string sessionId, string operatorId, string text, string reason, DateTimeOffset? goneAt, CancellationToken ct)
    {
        var returned = await handovers.ReturnAsync(sessionId, operatorId, text, goneAt, ct);
        if (returned is not null)
        {
            await QueueAsync(returned, reason, ct);
        }

        await index.SettleAsync(operatorId, sessionId, ct);
        return returned?.Session;
    }

    /// <summary>Puts a session that waits again where its first call time belongs. One that was only kept for the operator is erased by now.</summary>
    public async Task QueueAsync(HandedOver returned, string reason, CancellationToken ct)
    {
        var session = returned.Session;
        if (session is { IsToBeErased: true, Visitor.UserId: { } userId })
        {
            await accounts.ForgetAsync(userId, session.Id, ct);
        }

        await enqueuer.ReturnAsync(session.Department!, session.Id, session.CalledAt ?? session.CreatedAt, ct);
        if (returned.Had is { } had)
        {
            metrics.Returned(reason);
            samples.Record(session.Department!, SampleKind.Busy, session.Id, had.TotalSeconds);
        }
    }
}
