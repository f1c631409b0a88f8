using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;

namespace Intotes.Chat.Features.Operators;

/// <summary>A session as operators see it.</summary>
/// <param name="Visitor">Unverified, but for the id and name of an account.</param>
/// <param name="Operator">The operator that has it, or had it last.</param>
/// <param name="LastMessage">The last thing somebody wrote, its text cut at 200 characters.</param>
/// <param name="LeaseSeconds">How long the caller keeps it without calling; null where the caller does not have it.</param>
/// <param name="VisitorSeenAt">When the visitor of a waiting session in a list was last there; a visitor that was not seen for 90 s is gone.</param>
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
    int? LeaseSeconds,
    DateTimeOffset? VisitorSeenAt)
{
    public static OperatorSession Of(Session session, Message? lastMessage, int? leaseSeconds, DateTimeOffset? visitorSeenAt = null) => new(
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
        leaseSeconds,
        visitorSeenAt);
}

public sealed record OperatorIdentity(string Id, string? Name);
