using System.Diagnostics;
using System.Text;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>A session after its operator gave it away.</summary>
/// <param name="Had">How long the operator had it; null when it was given away before.</param>
/// <param name="EntryId">The entry that told the visitor of a transfer.</param>
public sealed record HandedOver(Session Session, TimeSpan? Had, string? EntryId = null);

public enum AssignStatus
{
    Assigned,
    Gone,
    Closed,
    Held,
    Moved,
}

/// <summary>How sessions come to operators and leave them. A null reply means that the operator does not have the session.</summary>
public sealed class HandoverStore(RedisGateway redis, IOptions<ChatOptions> options)
{
    private long IdleSeconds => options.Value.Retention.IdleSeconds;

    /// <summary>Gives the session to the operator, if it still waits in that department; also how long it waited, if this is its first operator.</summary>
    public async Task<(AssignStatus Status, Session? Session, TimeSpan? Waited)> AssignAsync(string department, string sessionId, Caller.Operator caller, string? clientClaimId, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.assign_session,
            Keys.OfSession(sessionId),
            [caller.Id, caller.Name, department, SystemTexts.OperatorJoined(caller.Name), options.Value.Retention.IdleSeconds, clientClaimId ?? ""],
            ct));
        return reply.Status switch
        {
            "assigned" => (AssignStatus.Assigned, Session.From(sessionId, reply.Fields(1)), reply.Milliseconds(2)),
            "gone" => (AssignStatus.Gone, null, null),
            "closed" => (AssignStatus.Closed, null, null),
            "held" => (AssignStatus.Held, null, null),
            "moved" => (AssignStatus.Moved, null, null),
            var other => throw new UnreachableException($"assign_session.lua replied {other}"),
        };
    }

    /// <summary>The session waits again, with its first call time; unless its operator got it after it was found to be gone.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="operatorId">The operator that has it.</param>
    /// <param name="text">Of the entry that tells the visitor.</param>
    /// <param name="goneAt">When the operator was found to be gone; null when it gives the session back itself.</param>
    /// <param name="ct">Ends the call.</param>
    public async Task<HandedOver?> ReturnAsync(string sessionId, string operatorId, string text, DateTimeOffset? goneAt, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(Scripts.return_session, Keys.OfSession(sessionId), [operatorId, text, IdleSeconds, goneAt is { } at ? at.ToUnixTimeMilliseconds() : ""], ct));
        return reply.Status switch
        {
            "returned" => new HandedOver(Session.From(sessionId, reply.Fields(1)), reply.Milliseconds(2)),
            "denied" or "kept" => null,
            var other => throw new UnreachableException($"return_session.lua replied {other}"),
        };
    }

    /// <summary>The session goes to another operator, or to a department's queue, unless it has no room for the note that follows.</summary>
    public async Task<(HandedOver? Done, bool IsFull)> TransferAsync(
        string sessionId, Caller.Operator from, RosterEntry? to, string? department, string text, string? note, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.transfer_session,
            Keys.OfSession(sessionId),
            [
                from.Id, to?.OperatorId ?? "", to?.Name ?? "", department ?? "", text, IdleSeconds,
                note is null ? 0 : Encoding.UTF8.GetByteCount(note + from.Name), options.Value.Limits.BytesPerSession, NoteStore.MostEntries,
            ],
            ct));
        return reply.Status switch
        {
            "transferred" => (new HandedOver(Session.From(sessionId, reply.Fields(1)), reply.Milliseconds(2), reply.Text(3)), false),
            "denied" => (null, false),
            "full" => (null, true),
            var other => throw new UnreachableException($"transfer_session.lua replied {other}"),
        };
    }

    /// <summary>
    /// The visitor can neither post nor open a session; zero lets it again. Returns the account's id, if it is one, else "", and when the block ends or has
    /// ended, which names it: a repeated call has the same.
    /// </summary>
    public async Task<(string UserId, string Ends)?> BlockAsync(SessionAccess access, TimeSpan duration, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.block_visitor, Keys.OfSession(access.SessionId), [access.Kind, access.Credential, access.Allowance, (long)duration.TotalMilliseconds], ct));
        return reply.Status switch
        {
            "blocked" => (reply.Text(1)!, reply.Text(2)!),
            "denied" => null,
            var other => throw new UnreachableException($"block_visitor.lua replied {other}"),
        };
    }
}
