using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>Which sessions an operator may read: what it has or had last, what waits, and a supervisor all; of what is not its own only the departments that its token grants.</summary>
public sealed class SessionReader(SummaryStore summaries, Departments departments)
{
    /// <summary>Null when there is no such session, or none that this operator may read: it cannot tell which.</summary>
    public async Task<SessionSummary?> FindAsync(string sessionId, Caller.Operator caller, CancellationToken ct) =>
        await summaries.FindAsync(sessionId, ct) is { } summary && MayRead(caller, summary.Session) ? summary : null;

    private bool MayRead(Caller.Operator caller, Session session) =>
        session.OperatorId == caller.Id
        || ((caller.IsSupervisor || session.Status == SessionStatus.Waiting) && (session.Department is not { } department || departments.GrantedTo(caller).Contains(department)));
}
