using System.Security.Claims;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// Polls and events of operators that show what was said before are looks at a conversation, as a history is; those that bring what is said now are not.
/// </summary>
public sealed class PolledHistory(AuditLog audit, TimeProvider time)
{
    /// <summary>Messages older than this are no news.</summary>
    private static readonly TimeSpan News = TimeSpan.FromMinutes(1);

    /// <summary>Records the look, where this was one. It neither delays nor fails the answer.</summary>
    /// <param name="by">The operator that was shown the messages.</param>
    /// <param name="sessionId">The session that they belong to.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="after">The cursor that the caller named; null for none.</param>
    public void Note(ClaimsPrincipal by, string sessionId, IReadOnlyList<Message> messages, string? after)
    {
        if (messages.Count > 0 && by.Caller() is Caller.Operator && (after is null or Cursor.Start || time.GetUtcNow() - messages[0].SentAt > News))
        {
            audit.LookByPoll(by, sessionId);
        }
    }
}
