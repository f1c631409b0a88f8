using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>Sessions by their state: an operator's own, and those that wait; a supervisor's list covers all operators.</summary>
public sealed class ListSessions(SessionPages pages, Departments departments, AuditLog audit, IOptions<ChatOptions> options) : Endpoint<ListSessions.Request, Results<Ok<ListSessions.Answer>, Problem>>
{
    private const int DefaultLimit = 100;

    public enum State
    {
        Mine,
        Waiting,
        Active,
        Closed,
    }

    public sealed class Request
    {
        /// <summary>Which: the caller's active ones by default. Waiting ones come in the order of service, closed ones newest first.</summary>
        [QueryParam]
        public State? State { get; init; }

        /// <summary>Most sessions in the answer, 1 to 100; 100 by default.</summary>
        [QueryParam]
        public int? Limit { get; init; }

        /// <summary>The id of the last session of the answer before: the sessions after it.</summary>
        [QueryParam]
        public string? Before { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            // A number is bound too, whether it stands for a state or not.
            RuleFor(r => r.State).IsInEnum();
            RuleFor(r => r.Limit).InclusiveBetween(1, 100);
            RuleFor(r => r.Before).Must(id => id is null || SessionToken.IsSessionId(id)).WithMessage("Must be the id of a session.");
        }
    }

    /// <param name="HasMore">Whether there are further sessions.</param>
    public sealed record Answer(IReadOnlyList<OperatorSession> Sessions, bool HasMore);

    public override void Configure()
    {
        Get("sessions");
        Group<OperatorGroup>();
        Description(d => d.Refuses(Problem.InvalidRequest));
    }

    public override async Task<Results<Ok<Answer>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Operator();
        var (limit, before) = (request.Limit ?? DefaultLimit, request.Before);
        var page = await (request.State switch
        {
            State.Waiting => pages.WaitingAsync(caller, departments.GrantedTo(caller), limit, before, ct),
            State.Active => pages.HeldAsync(caller, caller.IsSupervisor, limit, before, ct),
            State.Closed => pages.ClosedAsync(caller, caller.IsSupervisor, limit, before, ct),
            _ => pages.HeldAsync(caller, false, limit, before, ct),
        });
        if (caller.IsSupervisor && request.State is State.Active or State.Closed)
        {
            audit.Look(User, request.State == State.Active ? "active_listed" : "closed_listed");
        }

        return page is null
            ? Problem.UnknownBefore
            : TypedResults.Ok(new Answer([.. page.Sessions.Select(listed => Of(listed, caller))], page.HasMore));
    }

    private OperatorSession Of(ListedSession listed, Caller.Operator caller)
    {
        var session = listed.Summary.Session;
        int? lease = session.Status == SessionStatus.Active && session.OperatorId == caller.Id ? options.Value.OperatorLeaseSeconds : null;
        return OperatorSession.Of(session, listed.Summary.LastMessage, lease, listed.VisitorSeenAt);
    }
}
