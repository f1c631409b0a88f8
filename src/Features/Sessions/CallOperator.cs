using System.Text;
using FastEndpoints;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Sessions;

/// <summary>Asks for a live operator. Asking again keeps the first place in the queue.</summary>
public sealed class CallOperator(
    SessionGate gate, SessionStore sessions, CallEnqueuer enqueuer, QueueStore queue, QueueViews views, CallPlaces places, RosterStore roster, ClientLimits limits,
    IOptions<ChatOptions> options)
    : Endpoint<CallOperator.Request, Results<Ok<CallOperator.Answer>, Problem>>
{
    public sealed class Request
    {
        /// <summary>The reason of the call, for the operators' list.</summary>
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
            .Refuses(Problem.InvalidSessionToken, Problem.Blocked, Problem.SignInRequired, Problem.SessionNotFound, Problem.SessionClosed, Problem.SessionFull));
    }

    /// <summary>Until a place of the client address may have become free.</summary>
    private static readonly TimeSpan TryAgain = TimeSpan.FromMinutes(1);

    public override async Task<Results<Ok<Answer>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (request.Reason is { Length: > 0 } reason && limits.TakeBytes(ClientName.Of(HttpContext), Encoding.UTF8.GetByteCount(reason)) is { } wait)
        {
            return Problem.RateLimited.After(wait);
        }

        var (reply, refusal) = await gate.EnterAsync(
            User.Caller(), null, Allowance.Actions, access => CallAsync(access, request, ct), ct);
        return reply switch
        {
            null => refusal!,
            { Status: CallStatus.Closed } => Problem.SessionClosed,
            { Status: CallStatus.Blocked } => Problem.Blocked,
            { Status: CallStatus.Full } => Problem.SessionFull,
            { Status: CallStatus.TooMany } => Problem.RateLimited.After(TryAgain),
            { Status: CallStatus.MustSignIn } => Problem.SignInRequired,
            { Session: { } session } => TypedResults.Ok(await AnswerAsync(session, ct)),
            _ => throw new InvalidOperationException($"A call that is {reply.Status} has a session."),
        };
    }

    /// <summary>
    /// The call of an anonymous visitor counts for its client address, before anything is changed. Accounts do not count: each has one call, whichever
    /// else comes from its address.
    /// </summary>
    private async Task<Admission<CallReply>> CallAsync(SessionAccess access, Request request, CancellationToken ct)
    {
        var most = User.Caller() is Caller.Visitor ? options.Value.Limits.WaitingCallsPerIp : 0;
        var entered = await sessions.CallOperatorAsync(access, request.Department, request.Reason, onlyAsks: most > 0, ct);
        if (entered.Reply is not { Status: CallStatus.Open, Department: { } department })
        {
            return entered;
        }

        if (!await enqueuer.CountAsync(department, access.SessionId, ClientName.Of(HttpContext.Connection.RemoteIpAddress), most, ct))
        {
            return new CallReply(CallStatus.TooMany, null);
        }

        entered = await sessions.CallOperatorAsync(access with { Allowance = "" }, department, request.Reason, ct);
        if (entered.Reply?.Session is not { Status: SessionStatus.Waiting } session || session.Department != department)
        {
            // Closed, or called elsewhere, meanwhile.
            await queue.DropAsync(department, access.SessionId, ct);
        }

        return entered;
    }

    private async Task<Answer> AnswerAsync(Session session, CancellationToken ct)
    {
        var calledAt = session.CalledAt ?? session.CreatedAt;
        QueuePlace? place = null;
        if (session.Status == SessionStatus.Waiting)
        {
            var estimate = (await views.ViewAsync(session.Department!, ct)).Estimate;
            place = await enqueuer.EnqueueAsync(session.Department!, session.Id, calledAt, estimate, ct)
                ?? await places.OfAsync(session.Id, session.Status, session.Department, calledAt, ct);
        }

        var operators = await roster.ReadAsync(ct);
        return new Answer(session.Id, session.Status, calledAt, operators.Any(o => o.IsOnline), place);
    }
}
