using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;

namespace Intotes.Chat.Features.Messages;

/// <summary>The answer of a poll, and the data of each server-sent event.</summary>
/// <param name="Cursor">Send it as <c>after</c> next time.</param>
/// <param name="Operator">The operator that has the session.</param>
/// <param name="Queue">The place in the queue, while the session waits.</param>
/// <param name="Typing">Whether the other side is writing.</param>
/// <param name="ReadUpTo">The last message that the other side has read.</param>
/// <param name="NextPollMs">How long to wait before the next poll; 0 when more is there.</param>
public sealed record PollAnswer(
    IReadOnlyList<Message> Messages, string Cursor, SessionStatus Status, OperatorName? Operator, QueuePlace? Queue, bool Typing, string? ReadUpTo, int NextPollMs);

/// <summary>Completes what a session's own keys tell: its place in the queue lies elsewhere.</summary>
public sealed class PollAnswers(CallPlaces places, HeldIndexRepair holders, PollPace pace)
{
    /// <param name="reply">The reply of the session's script.</param>
    /// <param name="waited">Whether the server has paced the caller by letting it wait.</param>
    /// <param name="ct">Ends when the caller goes away.</param>
    public async ValueTask<PollAnswer> OfAsync(PollReply reply, bool waited, CancellationToken ct)
    {
        if (reply is { Status: SessionStatus.Active, OperatorId: { } operatorId })
        {
            await holders.SeenAsync(reply.SessionId, operatorId, ct);
        }

        return new PollAnswer(
            reply.Messages,
            reply.Cursor,
            reply.Status,
            OperatorName.Of(reply.OperatorName),
            await places.OfAsync(reply.SessionId, reply.Status, reply.Department, reply.CalledAt, ct),
            reply.Typing,
            reply.ReadUpTo,
            pace.NextPollMs(reply.Status, reply.HasMore, waited));
    }
}
