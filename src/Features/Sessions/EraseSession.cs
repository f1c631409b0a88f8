using FastEndpoints;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Sessions;

/// <summary>Erases the caller's session and everything of it. A token of it is dead from then on.</summary>
/// <response code="204">
/// It is erased; where the visitor is blocked and an operator has the session, it is gone for the visitor, and erased when the operator does not have it
/// any more.
/// </response>
public sealed class EraseSession(SessionGate gate, SessionEraser eraser, SecurityEvents security) : EndpointWithoutRequest<Results<NoContent, Problem>>
{
    public override void Configure()
    {
        Delete("chat/session");
        Policies(Access.SessionMember, Access.Visitor);
        Description(d => d.Refuses(Problem.InvalidSessionToken, Problem.SessionNotFound).SetsSessionCookie());
    }

    public override async Task<Results<NoContent, Problem>> ExecuteAsync(CancellationToken ct)
    {
        // Runs to completion even if the client disconnects.
        var (erased, refusal) = await gate.EnterAsync(User.Caller(), null, Allowance.Actions, access => eraser.EraseAsync(access, forVisitor: true, CancellationToken.None), ct);
        if (erased is null)
        {
            return refusal!;
        }

        security.Note("session_erased");
        SessionCookie.Clear(HttpContext);
        return TypedResults.NoContent();
    }
}
