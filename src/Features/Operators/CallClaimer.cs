using Intotes.Chat.Features.Sessions;
using Microsoft.Extensions.Options;

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

/// <summary>Takes calls out of the queues for operators: the one that waited longest over all departments, or a wanted one.</summary>
public sealed class CallClaimer(ClaimStore claims, SessionStore sessions, QueueStore queue, RosterStore roster, SummaryStore summaries, IOptions<ChatOptions> options)
{
    /// <summary>Takes the call that waited longest.</summary>
    public async Task<(ClaimStatus Status, Session? Session)> ClaimNextAsync(Caller.Operator caller, CancellationToken ct)
    {
        if (!await HasRoomAsync(caller, ct))
        {
            return (ClaimStatus.AtCapacity, null);
        }

        while (await DepartmentOfNextAsync(ct) is { } department)
        {
            var (lent, sessionId) = await claims.LendAsync(department, caller.Id, null, ct);
            if (lent == LendStatus.Claimed && await TakeAsync(department, sessionId!, caller, ct) is { } taken)
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
        while (true)
        {
            var session = await sessions.FindAsync(sessionId, ct);
            switch (session)
            {
                case null:
                case { Status: SessionStatus.Open }:
                    return (ClaimStatus.SessionNotFound, null);
                case { Status: SessionStatus.Closed }:
                    return (ClaimStatus.SessionClosed, null);
                case { Status: SessionStatus.Active } when session.OperatorId == caller.Id:
                    return (ClaimStatus.Claimed, session);
                case { Status: SessionStatus.Active }:
                    return (ClaimStatus.AlreadyClaimed, null);
            }

            if (!await HasRoomAsync(caller, ct))
            {
                return (ClaimStatus.AtCapacity, null);
            }

            var department = session.Department!;
            var (lent, _) = await claims.LendAsync(department, caller.Id, sessionId, ct);
            if (lent == LendStatus.Taken)
            {
                return (ClaimStatus.AlreadyClaimed, null);
            }

            if (lent == LendStatus.Absent)
            {
                // The session waits, but its call never reached the queue: put it there, and claim again.
                await queue.EnqueueAsync(department, sessionId, session.CalledAt!.Value, ct);
            }
            else if (await TakeAsync(department, sessionId, caller, ct) is { } taken)
            {
                return taken;
            }
        }
    }

    /// <summary>The department whose next call has waited longest.</summary>
    private async Task<string?> DepartmentOfNextAsync(CancellationToken ct)
    {
        var heads = await Task.WhenAll(options.Value.Queues.Select(async d => (Department: d, CalledAt: await claims.NextCallAsync(d, ct))));
        return heads.Where(head => head.CalledAt is not null).MinBy(head => head.CalledAt).Department;
    }

    /// <summary>Whether the operator may take one more. What its index holds by mistake, after a crash, is mended before anybody is refused.</summary>
    private async Task<bool> HasRoomAsync(Caller.Operator caller, CancellationToken ct)
    {
        var held = await roster.HeldByAsync(caller.Id, ct);
        return held.Count < RosterStore.Capacity || (await summaries.OfHolderAsync(caller.Id, held, ct)).Count < RosterStore.Capacity;
    }

    /// <summary>Makes a lent call the operator's; null when the session turned out to need no operator.</summary>
    private async Task<(ClaimStatus, Session?)?> TakeAsync(string department, string sessionId, Caller.Operator caller, CancellationToken ct)
    {
        if (!await roster.TryHoldAsync(caller.Id, sessionId, ct))
        {
            await claims.PutBackAsync(department, sessionId, caller.Id, ct);
            return (ClaimStatus.AtCapacity, null);
        }

        var (status, session) = await claims.AssignAsync(department, sessionId, caller, ct);
        if (status != AssignStatus.Assigned)
        {
            await roster.LetGoAsync(caller.Id, sessionId, ct);
        }

        await claims.AcceptAsync(department, sessionId, caller.Id, ct);
        return status == AssignStatus.Assigned ? (ClaimStatus.Claimed, session) : null;
    }
}
