using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Operators;

/// <summary>
/// Lists actions, looks and refusals, oldest first; for supervisors. A page may be empty and have more: it ends after 2,000 entries looked at or 50
/// days. Reading is recorded too.
/// </summary>
public sealed class GetAudit(AuditReader reader, AuditLog audit) : Endpoint<GetAudit.Request, Results<Ok<GetAudit.Answer>, Problem>>
{
    private const int DefaultLimit = 100;

    public sealed class Request
    {
        /// <summary>Only what this operator did.</summary>
        [QueryParam]
        public string? OperatorId { get; init; }

        /// <summary>Only what was done to this account, or what it was refused.</summary>
        [QueryParam]
        public string? UserId { get; init; }

        /// <summary>Only what was done to this session.</summary>
        [QueryParam]
        public string? SessionId { get; init; }

        /// <summary>Since when: as far back as entries are kept where somebody is named above, else a day before <c>to</c>.</summary>
        [QueryParam]
        public DateTimeOffset? From { get; init; }

        /// <summary>Until when; now by default.</summary>
        [QueryParam]
        public DateTimeOffset? To { get; init; }

        /// <summary>The cursor of the last answer.</summary>
        [QueryParam]
        public string? After { get; init; }

        /// <summary>Most entries in the answer, 1 to 500; 100 by default.</summary>
        [QueryParam]
        public int? Limit { get; init; }
    }

    /// <param name="What">The action or look, or <c>refused</c>.</param>
    /// <param name="Role"><c>operator</c>, <c>supervisor</c>, <c>account</c> or <c>platform</c>.</param>
    /// <param name="Operator">Null where it was no operator.</param>
    /// <param name="Session">Digest of the session's id, the same for the same session.</param>
    /// <param name="User">Digest of the account's id, the same for the same account.</param>
    /// <param name="Detail">More about it; of what was refused, method and route.</param>
    /// <param name="Refused">The code of the refusal; null for what was done.</param>
    public sealed record Entry(
        string Id, DateTimeOffset At, string What, string Role, OperatorIdentity? Operator, string? Session, string? User, string? Detail, string? Refused);

    /// <param name="Cursor">Send it as <c>after</c> to go on, also later.</param>
    public sealed record Answer(IReadOnlyList<Entry> Entries, string Cursor, bool HasMore);

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Limit).InclusiveBetween(1, 500);
            RuleFor(r => r.OperatorId).MaximumLength(1000);
            RuleFor(r => r.UserId).MaximumLength(1000);
            RuleFor(r => r.SessionId).MaximumLength(1000);
            RuleFor(r => r.After).Must(text => text is null || AuditCursor.Parse(text) is not null)
                .WithMessage("Must be a cursor that this service gave.").WithErrorCode(Problem.InvalidCursor.Code);
        }
    }

    public override void Configure()
    {
        Get("audit");
        Group<OperatorGroup>();
        Policies(Access.Supervisor);
        Description(d => d.Refuses(Problem.InvalidCursor));
    }

    public override async Task<Results<Ok<Answer>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var filter = new AuditFilter(NullIfEmpty(request.OperatorId), NullIfEmpty(request.UserId), NullIfEmpty(request.SessionId));
        var after = request.After is { } text ? AuditCursor.Parse(text) : null;
        var page = await reader.ReadAsync(filter, request.From, request.To, after, request.Limit ?? DefaultLimit, ct);
        audit.Look(User, "audit_read", filter.SessionId, filter.UserId);
        return TypedResults.Ok(new Answer([.. page.Entries.Select(Of)], page.Cursor.ToString(), page.HasMore));
    }

    private static Entry Of(StoredAuditEntry entry) => new(
        entry.Id, entry.At, entry.What, entry.Role, entry.OperatorId is { } id ? new OperatorIdentity(id, entry.OperatorName) : null,
        entry.Session, entry.User, entry.Detail, entry.Refused);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
