using Intotes.Chat.Features.Queue;

namespace Intotes.Chat.Features.Sessions;

/// <param name="Session">Null where its visitor is blocked while an operator has it: then it goes on.</param>
/// <param name="Had">How long its operator had it; null when none had, or it was closed before.</param>
public sealed record ClosedSession(Session? Session, TimeSpan? Had);

/// <summary>Ends conversations, and tells the queue and the roster. Closing again completes an interrupted close.</summary>
public sealed class SessionCloser(SessionStore sessions, AccountStore accounts, QueueStore queue, RosterStore roster, SampleStore samples)
{
    public async Task<Admission<ClosedSession>> CloseAsync(SessionAccess access, string text, string? reason, CancellationToken ct)
    {
        var entered = await sessions.CloseAsync(access, text, reason, ct);
        if (entered.Reply is not ({ } session, var had))
        {
            return entered;
        }

        await LeaveDeskAsync(session.Id, session.CalledAt is null ? null : session.Department, session.OperatorId, ct);
        if (session is { IsToBeErased: true, Visitor.UserId: { } userId })
        {
            await accounts.ForgetAsync(userId, session.Id, ct);
        }

        if (had is { } duration)
        {
            samples.Record(session.Department!, SampleKind.Busy, session.Id, duration.TotalSeconds);
        }

        return entered;
    }

    /// <summary>A closed session leaves the queue it may wait in, and the operator that may have it.</summary>
    public async Task LeaveDeskAsync(string sessionId, string? department, string? operatorId, CancellationToken ct)
    {
        if (department is not null)
        {
            await queue.DropAsync(department, sessionId, ct);
        }

        if (operatorId is not null)
        {
            await roster.EndedAsync(operatorId, sessionId, ct);
            if (await sessions.FindAsync(sessionId, ct) is null)
            {
                // Erased in between, when the operator's list did not name it yet.
                await roster.ForgetAsync(operatorId, sessionId, ct);
            }
        }
    }
}
