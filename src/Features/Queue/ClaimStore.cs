using System.Diagnostics;
using System.Globalization;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Queue;

public enum LendStatus
{
    Claimed,
    None,
    Taken,
    Absent,
}

/// <param name="CalledAt">When (µs) it was first made.</param>
/// <param name="IsGone">Whether its visitor is gone.</param>
public sealed record NextCall(long CalledAt, bool IsGone);

/// <param name="SessionId">The session whose call was lent.</param>
/// <param name="EstimatedSeconds">The wait that was estimated when it called.</param>
/// <param name="Traceparent">Of the request that called.</param>
public sealed record LentCall(LendStatus Status, string SessionId, int? EstimatedSeconds, string? Traceparent);

/// <summary>
/// The queue's part of a claim. Queue and session lie in different slots, so no script changes both: the queue lends the call, the session is assigned,
/// then the queue drops the call. Every step may be repeated.
/// </summary>
public sealed class ClaimStore(RedisGateway redis, IOptions<ChatOptions> options)
{
    /// <summary>After so long (ms) a claim that never came through returns the call to the queue.</summary>
    private int ClaimMilliseconds => Math.Min(10_000, options.Value.OperatorLeaseSeconds * 1000);

    /// <summary>The next call of a department; null when nobody waits there. Made at 0 where the claimant was lent one already.</summary>
    public async Task<NextCall?> NextCallAsync(string department, string claimant, CancellationToken ct)
    {
        var reply = await redis.RunAsync(Scripts.next_call, Keys.OfQueue(department), [claimant], ct);
        return reply.IsNull ? null : new NextCall((long)reply[0], (string?)reply[1] == "1");
    }

    /// <summary>Lends the next call, or the wanted one, to a claimant: an operator's claim.</summary>
    public async Task<LentCall> LendAsync(string department, string claimant, string? wanted, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.claim_call, Keys.OfQueue(department), [claimant, ClaimMilliseconds, wanted ?? ""], ct));
        return reply.Status switch
        {
            "claimed" => new LentCall(
                LendStatus.Claimed, reply.Text(1)!, int.TryParse(reply.Text(2), CultureInfo.InvariantCulture, out var estimate) ? estimate : null, reply.Text(3)),
            "none" => new LentCall(LendStatus.None, "", null, null),
            "taken" => new LentCall(LendStatus.Taken, "", null, null),
            "absent" => new LentCall(LendStatus.Absent, "", null, null),
            var other => throw new UnreachableException($"claim_call.lua replied {other}"),
        };
    }

    /// <summary>The claim is through, or the session needs no operator any more: the call leaves the queue.</summary>
    public Task AcceptAsync(string department, string sessionId, string claimant, CancellationToken ct) =>
        redis.RunAsync(Scripts.accept_call, Keys.OfQueue(department), [sessionId, claimant], ct);

    /// <summary>The operator cannot take the call: it returns to its place.</summary>
    public Task PutBackAsync(string department, string sessionId, string claimant, CancellationToken ct) =>
        redis.RunAsync(Scripts.put_back_call, Keys.OfQueue(department), [sessionId, claimant], ct);
}
