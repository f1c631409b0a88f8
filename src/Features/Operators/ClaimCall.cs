using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>Takes the call that has waited longest, or a wanted one.</summary>
/// <response code="200">The session, which is now the caller's.</response>
/// <response code="204">Nobody waits.</response>
public sealed class ClaimCall(
    CallClaimer claimer, LongPoll waits, SummaryStore summaries, ChannelSubscriptions subscriptions, BackgroundWriter background, AuditLog audit,
    IOptions<ChatOptions> options)
    : Endpoint<ClaimCall.Request, Results<Ok<OperatorSession>, NoContent, Problem>>
{
    public sealed class Request
    {
        /// <summary>The session to take, rather than the one that has waited longest.</summary>
        [DontBind(Source.QueryParam)]
        public string? SessionId { get; init; }

        /// <summary>
        /// Optional, 1 to 64 of A-Z a-z 0-9 . _ -, new for each claim of the longest waiting call: the same again takes no other call, but
        /// returns what the first one took, whose answer may have been lost, as long as the operator still has it.
        /// </summary>
        [DontBind(Source.QueryParam)]
        public string? ClientClaimId { get; init; }

        /// <summary>Seconds to wait for a call while there is none, 1 to 25.</summary>
        [QueryParam]
        public int? Wait { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Wait).InclusiveBetween(1, 25);
            RuleFor(r => r.ClientClaimId).Matches(@"^[A-Za-z0-9._-]{1,64}\z").WithMessage("Must be 1 to 64 of A-Z a-z 0-9 . _ -");
        }
    }

    public override void Configure()
    {
        Post("calls/claim");
        Group<OperatorGroup>();
        Description(d => d.AcceptsJson<Request>(isOptional: true)
            .Refuses(Problem.SessionNotFound, Problem.AlreadyClaimed, Problem.AtCapacity, Problem.SessionClosed));
    }

    public override async Task<Results<Ok<OperatorSession>, NoContent, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Operator();
        var (status, session) = request.SessionId is { } wanted
            ? await claimer.ClaimAsync(wanted, caller, ct)
            : await ClaimNextAsync(caller, request.ClientClaimId, TimeSpan.FromSeconds(request.Wait ?? 0), ct);
        if (status == ClaimStatus.Claimed)
        {
            await audit.RecordAsync(User, "claimed", session!.Id, session.Visitor.UserId);
            // A poll of the same operator that waits does not listen to this session yet.
            background.Post(BackgroundWork.Signal, () => subscriptions.AnnounceAsync(Keys.AssignmentsOf(caller.Id), CancellationToken.None));
        }

        return status switch
        {
            ClaimStatus.Claimed => TypedResults.Ok(OperatorSession.Of(
                session!, (await summaries.FindAsync(session!.Id, ct))?.LastMessage, options.Value.OperatorLeaseSeconds)),
            ClaimStatus.NoneWaiting => TypedResults.NoContent(),
            ClaimStatus.AtCapacity => Problem.AtCapacity,
            ClaimStatus.AlreadyClaimed => Problem.AlreadyClaimed,
            ClaimStatus.SessionClosed => Problem.SessionClosed,
            _ => Problem.SessionNotFound,
        };
    }

    private async Task<(ClaimStatus Status, Session? Session)> ClaimNextAsync(Caller.Operator caller, string? clientClaimId, TimeSpan wait, CancellationToken ct)
    {
        var first = await claimer.ClaimNextAsync(caller, clientClaimId, ct);
        return wait == TimeSpan.Zero || first.Status != ClaimStatus.NoneWaiting
            ? first
            : await waits.UntilAsync(
                caller, wait, await claimer.ChannelsAsync(caller, ct), () => claimer.ClaimNextAsync(caller, clientClaimId, ct),
                claim => claim.Status != ClaimStatus.NoneWaiting, ct);
    }
}
