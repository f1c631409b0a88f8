using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Sessions;

/// <summary>Where a session stands: nobody asked for an operator, one was called, one has it, it has ended.</summary>
public enum SessionStatus
{
    Open,
    Waiting,
    Active,
    Closed,
}

/// <summary>The fields of a session's hash, without its credentials.</summary>
/// <param name="ClaimId">The operator's own id of the claim by which it got the session.</param>
public sealed record Session(
    string Id,
    SessionStatus Status,
    DateTimeOffset CreatedAt,
    Visitor Visitor,
    string? Department,
    string? Reason,
    DateTimeOffset? CalledAt,
    string? OperatorId,
    string? OperatorName,
    string? ClaimId,
    DateTimeOffset? ClosedAt,
    string Cursor)
{
    private const string ErasedUser = "user ";

    /// <summary>Its visitor, who was blocked, asked for its erasure while an operator had it; that is done when nobody has it any more.</summary>
    public bool IsToBeErased { get; init; }

    /// <summary>From the fields of the hash.</summary>
    public static Session From(string id, Dictionary<string, string> fields)
    {
        string? Field(string name) => fields.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
        DateTimeOffset? Time(string name) => Field(name) is { } time ? Stored.Time(time) : null;

        var userId = Field("user") ?? (Field("erase") is { } erase && erase.StartsWith(ErasedUser, StringComparison.Ordinal) ? erase[ErasedUser.Length..] : null);
        return new Session(
            id,
            ParseStatus(fields.GetValueOrDefault("status")),
            Time("created") ?? DateTimeOffset.UnixEpoch,
            new Visitor(userId is null ? VisitorKind.Anonymous : VisitorKind.Account, userId, Field("name"), Field("email"), Field("locale"), Field("page_url")),
            Field("department"),
            Field("reason"),
            Field("called") is { } called ? Stored.CallTime(called) : null,
            Field("operator"),
            Field("operator_name"),
            Field("claim"),
            Time("closed"),
            // "from reached request" of the last poll without a cursor.
            Field("poll:visitor")?.Split(' ') is [_, var reached, ..] ? reached : "0-0")
        {
            IsToBeErased = Field("erase") is not null,
        };
    }

    public static SessionStatus ParseStatus(string? status) => status switch
    {
        "open" => SessionStatus.Open,
        "waiting" => SessionStatus.Waiting,
        "closed" => SessionStatus.Closed,
        // Also a status that only a newer version knows. That version deals with it, so here it neither waits nor asks for an operator.
        _ => SessionStatus.Active,
    };
}

public enum VisitorKind
{
    Anonymous,
    Account,
}

/// <summary>The visitor. All but an account's id and name are its own words.</summary>
public sealed record Visitor(VisitorKind Kind, string? UserId, string? Name, string? Email, string? Locale, string? PageUrl);
