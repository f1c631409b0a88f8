using Intotes.Chat.Features.Queue;

namespace Intotes.Chat.Features.Sessions;

/// <summary>A session as its visitor sees it.</summary>
/// <param name="Cursor">Where a poll without <c>after</c> would go on.</param>
/// <param name="Token">The credential of an anonymous visitor, given where it was sent or made; null for accounts.</param>
public sealed record SessionView(
    string SessionId,
    SessionStatus Status,
    DateTimeOffset CreatedAt,
    VisitorName Visitor,
    OperatorName? Operator,
    QueuePlace? Queue,
    string Cursor,
    string? Token)
{
    public static SessionView Of(Session session, QueuePlace? queue, string? token) => new(
        session.Id,
        session.Status,
        session.CreatedAt,
        new VisitorName(session.Visitor.Kind, session.Visitor.UserId, session.Visitor.Name),
        OperatorName.Of(session.OperatorName),
        queue,
        session.Cursor,
        token);
}

public sealed record VisitorName(VisitorKind Kind, string? UserId, string? Name);

/// <summary>The operator that has the session, as the visitor may know it.</summary>
public sealed record OperatorName(string Name)
{
    public static OperatorName? Of(string? name) => name is null ? null : new OperatorName(name);
}
