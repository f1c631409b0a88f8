using Intotes.Chat.Features.Sessions;

namespace Intotes.Chat.Features.Operators;

/// <summary>Strikes sessions out of the index of who has what. The sessions decide, and they change while somebody strikes out.</summary>
public sealed class HeldIndex(RosterStore roster, SessionStore sessions)
{
    /// <summary>
    /// An operator does not have a session any more. If it was given the session while that was found out, it stands in the index again:
    /// one that is missing there is neither in the operator's list nor returned when the operator is gone.
    /// </summary>
    public async Task LetGoAsync(string operatorId, string sessionId, CancellationToken ct)
    {
        await roster.LetGoAsync(operatorId, sessionId, ct);
        if (await sessions.FindAsync(sessionId, ct) is { Status: SessionStatus.Active } session && session.OperatorId == operatorId)
        {
            await roster.AddAsync(operatorId, sessionId, ct);
        }
    }
}
