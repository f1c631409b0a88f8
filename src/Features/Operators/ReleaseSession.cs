using FastEndpoints;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Operators;

/// <summary>Gives a session back to the queue, at the place of its first call.</summary>
public sealed class ReleaseSession(SessionReturner returner, AuditLog audit) : EndpointWithoutRequest<Results<Ok<OperatorSession>, Problem>>
{
    public override void Configure()
    {
        Post("sessions/{sessionId}/release");
        Group<OperatorGroup>();
        Description(d => d.Refuses(Problem.NotAssigned));
    }

    public override async Task<Results<Ok<OperatorSession>, Problem>> ExecuteAsync(CancellationToken ct)
    {
        var caller = User.Operator();
        ct = CancellationToken.None; // Runs to completion even if the client disconnects.
        var session = await returner.ReturnAsync(Route<string>("sessionId")!, caller.Id, SystemTexts.OperatorLeft(caller.Name), "released", null, ct);
        if (session is null)
        {
            return Problem.NotAssigned;
        }

        await audit.RecordAsync(User, "released", session.Id, session.Visitor.UserId);
        return TypedResults.Ok(OperatorSession.Of(session, null, null));
    }
}
