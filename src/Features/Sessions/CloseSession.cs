using FastEndpoints;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Sessions;

/// <summary>The visitor ends the conversation. Ending it again changes nothing.</summary>
public sealed class CloseSession(SessionGate gate, SessionStore sessions, QueueStore queue, RosterStore roster)
    : EndpointWithoutRequest<Results<Ok<SessionView>, ProblemHttpResult>>
{
    public override void Configure()
    {
        Post("chat/session/close");
        Policies(Access.SessionMember, Access.Visitor);
        Description(d => d.Refuses(Problem.InvalidSessionToken, Problem.Forbidden, Problem.SessionNotFound));
    }

    public override async Task<Results<Ok<SessionView>, ProblemHttpResult>> ExecuteAsync(CancellationToken ct)
    {
        var (session, refusal) = await gate.EnterAsync(
            User.Caller(), null, access => sessions.CloseAsync(access, SystemTexts.ClosedByVisitor, null, ct), ct);
        if (session is null)
        {
            return refusal!.ToResult();
        }

        if (session.CalledAt is not null)
        {
            await queue.DropAsync(session.Department!, session.Id, ct);
        }

        if (session.OperatorId is { } operatorId)
        {
            await roster.EndedAsync(operatorId, session.Id, ct);
        }

        return TypedResults.Ok(SessionView.Of(session, null, null));
    }
}
