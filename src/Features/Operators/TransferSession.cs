using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>Hands a session to another operator that is online and has room, or to the queue of a department.</summary>
public sealed class TransferSession(
    SessionStore sessions, HandoverStore handovers, SessionReturner returner, RosterStore roster, HeldIndex index, SampleStore samples, NoteStore notes, ChannelSubscriptions subscriptions,
    BackgroundWriter background, GrantStore grants, AuditLog audit)
    : Endpoint<TransferSession.Request, Results<Ok<OperatorSession>, Problem>>
{
    public sealed class Request
    {
        /// <summary>The operator that is to have it; this or <c>department</c>.</summary>
        public string? OperatorId { get; init; }

        public string? Department { get; init; }

        /// <summary>For the operator that takes over; the visitor does not see it.</summary>
        public string? Note { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.OperatorId).Must((r, id) => id is null != r.Department is null).WithMessage("Name either operatorId or department.");
            RuleFor(r => r.Department).IsDepartment(Resolve<IOptions<ChatOptions>>().Value);
            RuleFor(r => r.Note).IsMessageText().When(r => r.Note is not null);
        }
    }

    public override void Configure()
    {
        Post("sessions/{sessionId}/transfer");
        Group<OperatorGroup>();
        Description(d => d.AcceptsJson<Request>().Refuses(Problem.NotAssigned, Problem.OperatorUnavailable, Problem.SessionFull));
    }

    public override async Task<Results<Ok<OperatorSession>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Operator();
        ct = CancellationToken.None; // Runs to completion even if the client disconnects.
        var sessionId = Route<string>("sessionId")!;
        var note = request.Note is null ? null : MessageText.Clean(request.Note);
        var (transferred, refusal) = request.OperatorId is { } operatorId
            ? await ToOperatorAsync(sessionId, caller, operatorId, note, ct)
            : await ToDepartmentAsync(sessionId, caller, request.Department!, note, ct);
        if (transferred is null)
        {
            return refusal!;
        }

        await audit.RecordAsync(User, "transferred", sessionId, transferred.Session.Visitor.UserId, request.OperatorId is { } id ? "operator " + id : "department " + request.Department);
        // Known by the transfer's entry, so that a repeated request adds it if the first did not come so far.
        await notes.AddAsync(sessionId, "transferred", caller, note ?? "", transferred.EntryId, ct);
        return TypedResults.Ok(OperatorSession.Of(transferred.Session, null, null));
    }

    private async Task<(HandedOver?, Problem?)> ToOperatorAsync(string sessionId, Caller.Operator caller, string operatorId, string? note, CancellationToken ct)
    {
        if (operatorId == caller.Id)
        {
            return (null, Problem.OperatorUnavailable);
        }

        if (await sessions.FindAsync(sessionId, ct) is not { } session || (session.OperatorId != caller.Id && session.OperatorId != operatorId))
        {
            return (null, Problem.NotAssigned);
        }

        if (!await grants.MayServeAsync(operatorId, session.Department, ct))
        {
            return (null, Problem.OperatorUnavailable);
        }

        var hold = await roster.HoldAsync(operatorId, sessionId, mustBeOnline: true, ct);
        if (hold is HoldStatus.Full or HoldStatus.Unavailable)
        {
            return (null, Problem.OperatorUnavailable);
        }

        var to = await roster.ReadAsync(operatorId, ct);
        var (transferred, isFull) = await handovers.TransferAsync(sessionId, caller, to, null, SystemTexts.Transferred(caller.Name, to.Name), note, ct);
        if (hold == HoldStatus.Held && transferred is not { Session.Status: SessionStatus.Active })
        {
            // The other does not have it after all; what counted before stays, for that may well be its own.
            await index.SettleAsync(operatorId, sessionId, ct);
        }

        if (transferred is null)
        {
            return (null, isFull ? Problem.SessionFull : Problem.NotAssigned);
        }

        await index.SettleAsync(caller.Id, sessionId, ct);
        if (transferred.Session is { Status: SessionStatus.Active } given && given.OperatorId == operatorId)
        {
            // A sweep that looked at the index before the transfer may have removed it.
            await index.SettleAsync(operatorId, sessionId, ct);
        }

        if (transferred.Had is { } had)
        {
            samples.Record(transferred.Session.Department!, SampleKind.Busy, sessionId, had.TotalSeconds);
        }

        background.Post(BackgroundWork.Signal, () => subscriptions.AnnounceAsync(Keys.AssignmentsOf(operatorId), CancellationToken.None));
        return (transferred, null);
    }

    private async Task<(HandedOver?, Problem?)> ToDepartmentAsync(string sessionId, Caller.Operator caller, string department, string? note, CancellationToken ct)
    {
        var text = SystemTexts.Transferred(caller.Name, department);
        var (transferred, isFull) = await handovers.TransferAsync(sessionId, caller, null, department, text, note, ct);
        if (transferred is null)
        {
            return (null, isFull ? Problem.SessionFull : Problem.NotAssigned);
        }

        await returner.QueueAsync(transferred, "transferred", ct);
        await index.SettleAsync(caller.Id, sessionId, ct);
        return (transferred, null);
    }
}
