using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

public enum ClaimStatus
{
    Claimed,
    NoneWaiting,
    AtCapacity,
    AlreadyClaimed,
    SessionClosed,
    SessionNotFound,
}

/// <summary>Takes calls out of the queues for operators: the one that waited longest over their departments, or a wanted one.</summary>
public sealed class CallClaimer(
    ClaimStore claims, HandoverStore handovers, SessionStore sessions, CallEnqueuer enqueuer, RosterStore roster, HeldIndex index,
    SummaryStore summaries, SampleStore samples, ChatMetrics metrics, Departments departments)
{
    /// <summary>Takes the call that waited longest in the operator's departments; again under the same id, what the first one took.</summary>
    public async Task<(ClaimStatus Status, Session? Session)> ClaimNextAsync(Caller.Operator caller, string? clientClaimId, CancellationToken ct)
    {
        if (clientClaimId is not null && await TakenAsync(caller, clientClaimId, ct) is { } before)
        {
            return (ClaimStatus.Claimed, await ConfirmAsync(before, caller, ct));
        }

        var entry = (await roster.ReadAsync(caller.Id, ct)).As(caller);
        if (!await HasRoomAsync(entry, ct))
        {
            return (ClaimStatus.AtCapacity, null);
        }

        while (await DepartmentOfNextAsync(entry, Claimant(caller, clientClaimId), ct) is { } department)
        {
            var call = await claims.LendAsync(department, Claimant(caller, clientClaimId), null, ct);
            if (call.Status == LendStatus.Claimed && clientClaimId is not null && await TakenAsync(caller, clientClaimId, ct) is { } meanwhile && meanwhile.Id != call.SessionId)
            {
                // The first try under this id came through since this one looked.
                await claims.PutBackAsync(department, call.SessionId, Claimant(caller, clientClaimId), ct);
                return (ClaimStatus.Claimed, meanwhile);
            }

            if (call.Status == LendStatus.Claimed && await TakeAsync(department, call, caller, clientClaimId, ct) is { } taken)
            {
                return taken;
            }

            // Somebody else was faster, or the call's session needed no operator any more and left the queue: there may be another.
        }

        return (ClaimStatus.NoneWaiting, null);
    }

    /// <summary>Takes the call of one session.</summary>
    public async Task<(ClaimStatus Status, Session? Session)> ClaimAsync(string sessionId, Caller.Operator caller, CancellationToken ct)
    {
        for (var wasAbsent = false; ;)
        {
            var session = await sessions.FindAsync(sessionId, ct);
            switch (session)
            {
                case null:
                case { Department: { } of } when session.OperatorId != caller.Id && !departments.GrantedTo(caller).Contains(of):
                case { Status: SessionStatus.Open }:
                    return (ClaimStatus.SessionNotFound, null);
                case { Status: SessionStatus.Closed }:
                    return (ClaimStatus.SessionClosed, null);
                case { Status: SessionStatus.Active } when session.OperatorId == caller.Id:
                    return (ClaimStatus.Claimed, await ConfirmAsync(session, caller, ct));
                case { Status: SessionStatus.Active }:
                    return (ClaimStatus.AlreadyClaimed, null);
            }

            if (!await HasRoomAsync(await roster.ReadAsync(caller.Id, ct), ct))
            {
                return (ClaimStatus.AtCapacity, null);
            }

            var department = session.Department!;
            var call = await claims.LendAsync(department, Claimant(caller, null), sessionId, ct);
            if (call.Status == LendStatus.Taken)
            {
                return (ClaimStatus.AlreadyClaimed, null);
            }

            if (call.Status == LendStatus.Absent && !wasAbsent)
            {
                // Another operator's claim may just have come through: the session says so now.
                wasAbsent = true;
            }
            else if (call.Status == LendStatus.Absent)
            {
                // The session waits, but its call never reached the queue: put it there, and claim again.
                await enqueuer.EnqueueAsync(department, sessionId, session.CalledAt ?? session.CreatedAt, WaitEstimate.Unknown, ct);
            }
            else if (await TakeAsync(department, call, caller, null, ct) is { } taken)
            {
                return taken;
            }
        }
    }

    /// <summary>The channels on which the operator's calls are announced.</summary>
    public async Task<IReadOnlyList<string>> ChannelsAsync(Caller.Operator caller, CancellationToken ct)
    {
        var entry = (await roster.ReadAsync(caller.Id, ct)).As(caller);
        return [.. departments.ServedBy(entry).Select(Storage.Keys.CallsOf)];
    }

    /// <summary>Assigns again what the operator has: the first time may not have reached the replicas that are waited for.</summary>
    private async Task<Session> ConfirmAsync(Session session, Caller.Operator caller, CancellationToken ct) =>
        (await handovers.AssignAsync(session.Department!, session.Id, caller, session.ClaimId, ct)).Session ?? session;

    /// <summary>The session that the operator took under this id and still has: the answer to that claim may have been lost.</summary>
    private async Task<Session?> TakenAsync(Caller.Operator caller, string clientClaimId, CancellationToken ct) =>
        (await summaries.FindAllAsync(await roster.HeldByAsync(caller.Id, ct), ct))
            .Select(summary => summary.Session)
            .FirstOrDefault(session => session.Status == SessionStatus.Active && session.OperatorId == caller.Id && session.ClaimId == clientClaimId);

    /// <summary>Two claims of one operator at the same time are two, where they have ids; without, the second repeats the first.</summary>
    private static string Claimant(Caller.Operator caller, string? clientClaimId) => clientClaimId is null ? caller.Id : $"{caller.Id} {clientClaimId}";

    /// <summary>The department whose next call has waited longest; one whose visitor is there goes first.</summary>
    private async Task<string?> DepartmentOfNextAsync(RosterEntry entry, string claimant, CancellationToken ct)
    {
        var heads = await Task.WhenAll(departments.ServedBy(entry).Select(async d => (Department: d, Next: await claims.NextCallAsync(d, claimant, ct))));
        return heads.Where(head => head.Next is not null).OrderBy(head => head.Next!.IsGone).ThenBy(head => head.Next!.CalledAt).FirstOrDefault().Department;
    }

    /// <summary>Whether the operator may take one more. What its index holds by mistake, after a crash, is mended before anybody is refused.</summary>
    private async Task<bool> HasRoomAsync(RosterEntry entry, CancellationToken ct) =>
        entry.Held < entry.Capacity
        || (await summaries.OfHolderAsync(entry.OperatorId, await roster.HeldByAsync(entry.OperatorId, ct), ct)).Count < entry.Capacity;

    /// <summary>Makes a lent call the operator's; null when the session turned out to need no operator.</summary>
    private async Task<(ClaimStatus, Session?)?> TakeAsync(string department, LentCall call, Caller.Operator caller, string? clientClaimId, CancellationToken ct)
    {
        var sessionId = call.SessionId;
        using var span = CallSpans.Receive(department, sessionId, call.Traceparent);
        if (await roster.HoldAsync(caller.Id, sessionId, mustBeOnline: false, ct) is HoldStatus.Full or HoldStatus.Unavailable)
        {
            await claims.PutBackAsync(department, sessionId, Claimant(caller, clientClaimId), ct);
            return (ClaimStatus.AtCapacity, null);
        }

        var (status, session, waited) = await handovers.AssignAsync(department, sessionId, caller, clientClaimId, ct);
        // Somebody who looked before the session was the operator's may have struck it out of the index.
        await Task.WhenAll(index.SettleAsync(caller.Id, sessionId, ct), claims.AcceptAsync(department, sessionId, Claimant(caller, clientClaimId), ct));
        if (waited is { } wait)
        {
            metrics.Claimed(department, wait, call.EstimatedSeconds);
            samples.Record(department, SampleKind.Wait, sessionId, wait.TotalSeconds);
        }

        return status == AssignStatus.Assigned ? (ClaimStatus.Claimed, session) : null;
    }
}
