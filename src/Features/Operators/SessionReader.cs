using Intotes.Chat.Features.Sessions;

namespace Intotes.Chat.Features.Operators;

/// <summary>Which sessions an operator may read: what it has or had last, what waits, and a supervisor all.</summary>
public sealed class SessionReader(SummaryStore summaries)
{
    /// <summary>Null when there is no such session, or none that this operator may read: it cannot tell which.</summary>
    public async Task<SessionSummary?> FindAsync(string sessionId, Caller.Operator caller, CancellationToken ct) =>
        await summaries.FindAsync(sessionId, ct) is { } summary && MayRead(caller, summary.Session) ? summary : null;

    private static bool MayRead(Caller.Operator caller, Session session) =>
        caller.IsSupervisor || session.OperatorId == caller.Id || session.Status == SessionStatus.Waiting;
}
