using FastEndpoints;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Sessions;

/// <summary>Asks for a live operator. Asking again keeps the first place in the queue.</summary>
public sealed class CallOperator(SessionGate gate, SessionStore sessions, CallEnqueuer enqueuer, QueuePlaces places, RosterStore roster)
    : Endpoint<CallOperator.Request, Results<Ok<CallOperator.Answer>, Problem>>
{
    public sealed class Request
    {
        /// <summary>What it is about, for the operators' list.</summary>
        public string? Reason { get; init; }

        public string? Department { get; init; }
    }

    /// <param name="OperatorsOnline">Whether any operator is there.</param>
    /// <param name="Queue">Null once an operator has the session.</param>
    public sealed record Answer(string SessionId, SessionStatus Status, DateTimeOffset CalledAt, bool OperatorsOnline, QueuePlace? Queue);

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Reason).IsLine(500);
            RuleFor(r => r.Department).IsDepartment(Resolve<IOptions<ChatOptions>>().Value);
        }
    }

    public override void Configure()
    {
        Post("chat/session/call-operator");
        Policies(Access.SessionMember, Access.Visitor);
        Description(d => d.AcceptsJson<Request>(isOptional: true)
            .Refuses(Problem.InvalidSessionToken, Problem.Blocked, Problem.SessionNotFound, Problem.SessionClosed, Problem.SessionFull));
    }

    public override async Task<Results<Ok<Answer>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (reply, refusal) = await gate.EnterAsync(
            User.Caller(), null, Allowance.Actions, access => sessions.CallOperatorAsync(access, request.Department, request.Reason, ct), ct);
        return reply switch
        {
            null => refusal!,
            { Status: CallStatus.Closed } => Problem.SessionClosed,
            { Status: CallStatus.Blocked } => Problem.Blocked,
            { Status: CallStatus.Full } => Problem.SessionFull,
            { Session: { } session } => TypedResults.Ok(await AnswerAsync(session, ct)),
            _ => throw new InvalidOperationException($"A call that is {reply.Status} has a session."),
        };
    }

    private async Task<Answer> AnswerAsync(Session session, CancellationToken ct)
    {
        var calledAt = session.CalledAt!.Value;
        QueuePlace? place = null;
        if (session.Status == SessionStatus.Waiting)
        {
            var pace = (await places.ViewAsync(session.Department!, ct)).Pace;
            place = await enqueuer.EnqueueAsync(session.Department!, session.Id, calledAt, pace, ct)
                ?? await places.OfAsync(session.Id, session.Status, session.Department, calledAt, ct);
        }

        var operators = await roster.ReadAsync(ct);
        return new Answer(session.Id, session.Status, calledAt, operators.Any(o => o.IsOnline), place);
    }
}
