using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Messages;

/// <summary>The whole conversation, oldest first; or with a limit, pages backwards from the newest.</summary>
public sealed class GetHistory(SessionGate gate, HistoryReader reader, ReadLimits limits, AuditLog audit)
    : Endpoint<GetHistory.Request, Results<HistoryResult, Problem>>
{
    public sealed class Request
    {
        /// <summary>Only so many of the newest messages, 1 to 500.</summary>
        [QueryParam]
        public int? Limit { get; init; }

        /// <summary>Only messages before this one.</summary>
        [QueryParam]
        public string? Before { get; init; }

        /// <summary>Whether system entries are included; they are by default.</summary>
        [QueryParam]
        public bool? Event { get; init; }

        /// <summary>The session, where an operator holds several.</summary>
        [QueryParam]
        public string? SessionId { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Limit).InclusiveBetween(1, 500);
            RuleFor(r => r.Before).IsCursor();
        }
    }

    public override void Configure()
    {
        Get("chat/history");
        Policies(Access.SessionMember);
        Description(d => d.Refuses(Problem.InvalidCursor, Problem.InvalidSessionToken, Problem.NotAssigned, Problem.SessionNotFound, Problem.Busy));
    }

    public override async Task<Results<HistoryResult, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (place, busy) = await limits.EnterAsync(HttpContext);
        if (place is null)
        {
            return busy!;
        }

        var caller = User.Caller()!;
        string? sessionId = null;
        var (history, refusal) = await gate.EnterAsync(
            caller,
            request.SessionId,
            Allowance.Polls,
            access =>
            {
                sessionId = access.SessionId;
                return reader.ReadAsync(access, caller, request.Limit, request.Before, request.Event ?? true, place, ct);
            },
            ct);
        if (history is null)
        {
            return refusal!;
        }

        if (caller is Caller.Operator)
        {
            audit.Look(User, "history_read", sessionId);
        }

        return new HistoryResult(history);
    }
}
