using FastEndpoints;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Sessions;

/// <summary>The visitor ends the conversation. Ending it again changes nothing. While an operator has it, a blocked visitor does not end it.</summary>
public sealed class CloseSession(SessionGate gate, SessionCloser closer)
    : EndpointWithoutRequest<Results<Ok<SessionView>, Problem>>
{
    public override void Configure()
    {
        Post("chat/session/close");
        Policies(Access.SessionMember, Access.Visitor);
        Description(d => d.Refuses(Problem.InvalidSessionToken, Problem.Blocked, Problem.SessionNotFound));
    }

    public override async Task<Results<Ok<SessionView>, Problem>> ExecuteAsync(CancellationToken ct)
    {
        // Runs to completion even if the client disconnects.
        var (closed, refusal) = await gate.EnterAsync(
            User.Caller(), null, Allowance.Actions, access => closer.CloseAsync(access, SystemTexts.ClosedByVisitor, null, CancellationToken.None), ct);
        return closed switch
        {
            null => refusal!,
            { Session: { } session } => TypedResults.Ok(SessionView.Of(session, null, null)),
            _ => Problem.Blocked,
        };
    }
}
