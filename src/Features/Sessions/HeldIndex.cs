using Intotes.Chat.Features.Queue;

namespace Intotes.Chat.Features.Sessions;

/// <summary>Keeps the index of who has what in line with the sessions, which decide, and which change while somebody looks.</summary>
public sealed class HeldIndex(RosterStore roster, SessionStore sessions)
{
    /// <summary>
    /// A session came to an operator or left it. One that is missing in the index is neither in the operator's list nor returned when the
    /// operator is gone; one that stands there by mistake counts towards its capacity.
    /// </summary>
    public async Task SettleAsync(string operatorId, string sessionId, CancellationToken ct)
    {
        var has = await HasAsync(operatorId, sessionId, ct);
        bool had;
        do
        {
            await (has ? roster.AddAsync(operatorId, sessionId, ct) : roster.LetGoAsync(operatorId, sessionId, ct));
            (had, has) = (has, await HasAsync(operatorId, sessionId, ct));
        }
        while (has != had);
    }

    private async Task<bool> HasAsync(string operatorId, string sessionId, CancellationToken ct) =>
        await sessions.FindAsync(sessionId, ct) is { Status: SessionStatus.Active } session && session.OperatorId == operatorId;
}
