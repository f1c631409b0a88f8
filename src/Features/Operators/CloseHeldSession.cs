using FastEndpoints;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Operators;

/// <summary>The operator that has a session ends it. Ending it again changes nothing.</summary>
public sealed class CloseHeldSession(SessionCloser closer, SummaryStore summaries, AuditLog audit)
    : Endpoint<CloseHeldSession.Request, Results<Ok<OperatorSession>, Problem>>
{
    public sealed class Request
    {
        /// <summary>Why, for the operators' lists; the visitor does not see it.</summary>
        public string? Reason { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules() => RuleFor(r => r.Reason).IsLine(500);
    }

    public override void Configure()
    {
        Post("sessions/{sessionId}/close");
        Group<OperatorGroup>();
        Description(d => d.AcceptsJson<Request>(isOptional: true).Refuses(Problem.NotAssigned));
    }

    public override async Task<Results<Ok<OperatorSession>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Operator();
        ct = CancellationToken.None; // Runs to completion even if the client disconnects.
        var access = SessionAccess.OfOperator(Route<string>("sessionId")!, caller);
        if (await closer.CloseAsync(access, SystemTexts.ClosedBy(caller.Name), request.Reason, ct) is not { Reply.Session: { } session })
        {
            return Problem.NotAssigned;
        }

        await audit.RecordAsync(User, "closed", session.Id, session.Visitor.UserId);
        return TypedResults.Ok(OperatorSession.Of(session, (await summaries.FindAsync(session.Id, ct))?.LastMessage, null));
    }
}
