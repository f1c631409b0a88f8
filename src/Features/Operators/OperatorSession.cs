using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;

namespace Intotes.Chat.Features.Operators;

/// <summary>A session as operators see it.</summary>
/// <param name="Visitor">Unverified, but for the id and name of an account.</param>
/// <param name="Operator">Who has it, or had it last.</param>
/// <param name="LastMessage">The last thing somebody wrote; null when that is further back than ten entries.</param>
/// <param name="LeaseSeconds">How long the caller keeps it without calling; null where the caller does not have it.</param>
public sealed record OperatorSession(
    string SessionId,
    SessionStatus Status,
    DateTimeOffset CreatedAt,
    Visitor Visitor,
    string? Department,
    string? Reason,
    DateTimeOffset? CalledAt,
    OperatorIdentity? Operator,
    DateTimeOffset? ClosedAt,
    Message? LastMessage,
    int? LeaseSeconds)
{
    public static OperatorSession Of(Session session, Message? lastMessage, int? leaseSeconds) => new(
        session.Id,
        session.Status,
        session.CreatedAt,
        session.Visitor,
        session.Department,
        session.Reason,
        session.CalledAt,
        session.OperatorId is null ? null : new OperatorIdentity(session.OperatorId, session.OperatorName),
        session.ClosedAt,
        lastMessage,
        leaseSeconds);
}

public sealed record OperatorIdentity(string Id, string? Name);
