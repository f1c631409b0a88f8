using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Messages;

/// <summary>Adds a message to the caller's session, or to one that the operator holds. Sending the same client message id again is harmless.</summary>
/// <response code="200">The message that was stored under this client message id.</response>
/// <response code="201">The message as stored.</response>
public sealed class PostMessage(
    SessionGate gate, MessageStore messages, SampleStore samples, VisitorWatch visitors, ClientLimits limits, AnonymousPolicy anonymous, ChatMetrics metrics)
    : Endpoint<PostMessage.Request, Results<Created<Message>, Ok<Message>, Problem>>
{
    public sealed class Request
    {
        /// <summary>1 to 4,000 Unicode scalar values.</summary>
        public string? Text { get; init; }

        /// <summary>1 to 64 of A-Z a-z 0-9 . _ -, unique among this sender's messages in the session.</summary>
        public string? ClientMessageId { get; init; }

        /// <summary>Where an operator with several sessions posts.</summary>
        public string? SessionId { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Text).IsMessageText();
            RuleFor(r => r.ClientMessageId).Matches(@"^[A-Za-z0-9._-]{1,64}\z").WithMessage("Must be 1 to 64 of A-Z a-z 0-9 . _ -");
        }
    }

    public override void Configure()
    {
        Post("chat/message");
        Policies(Access.SessionMember);
        Description(d => d.AcceptsJson<Request>().Refuses(
            Problem.InvalidSessionToken, Problem.NotAssigned, Problem.Blocked, Problem.SignInRequired, Problem.SessionNotFound, Problem.SessionClosed, Problem.SessionFull, Problem.ClientMessageIdReused));
    }

    public override async Task<Results<Created<Message>, Ok<Message>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Caller()!;
        var text = MessageText.Clean(request.Text!);
        if (caller is not Caller.Operator && limits.TakeMessage(ClientName.Of(HttpContext), MessageText.StoredBytes(text)) is { } wait)
        {
            return Problem.RateLimited.After(wait);
        }

        if (anonymous.RefusesMessage(caller))
        {
            return Problem.StorageShort;
        }

        var sessionId = "";
        var (reply, refusal) = await gate.EnterAsync(
            caller, request.SessionId, Allowance.Messages, access => messages.AppendAsync(access with { SessionId = sessionId = access.SessionId }, caller, request.ClientMessageId, text, ct), ct);
        var problem = reply?.Status switch
        {
            null => refusal!,
            AppendStatus.Appended or AppendStatus.Duplicate => null,
            AppendStatus.ReusedId => Problem.ClientMessageIdReused,
            AppendStatus.Blocked => Problem.Blocked,
            AppendStatus.MustSignIn => Problem.SignInRequired,
            AppendStatus.Full => Problem.SessionFull,
            _ => Problem.SessionClosed,
        };
        metrics.Sent(caller is Caller.Operator ? "operator" : "visitor", problem?.Code ?? (reply!.Status == AppendStatus.Appended ? "appended" : "duplicate"));
        if (reply is { FirstResponse: { } after, Department: { } department })
        {
            metrics.Responded(department, after);
            samples.Record(department, SampleKind.FirstResponse, reply.Message!.Id, after.TotalSeconds);
        }

        if (reply?.WaitsIn is { } queue)
        {
            visitors.See(queue, sessionId);
        }

        return problem is not null ? problem
            : reply!.Status == AppendStatus.Appended ? TypedResults.Created((string?)null, reply.Message)
            : TypedResults.Ok(reply.Message);
    }
}
