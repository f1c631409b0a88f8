using System.Text;
using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Sessions;

/// <summary>The visitor rates a closed conversation in which an operator answered. Rating again replaces.</summary>
public sealed class RateSession(SessionGate gate, SessionStore sessions, SampleStore samples, ClientLimits limits)
    : Endpoint<RateSession.Request, Results<NoContent, Problem>>
{
    public sealed class Request
    {
        /// <summary>1 to 5.</summary>
        public int? Score { get; init; }

        public string? Comment { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Score).NotNull().InclusiveBetween(1, 5);
            RuleFor(r => r.Comment).IsLine(1000);
        }
    }

    public override void Configure()
    {
        Post("chat/session/rating");
        Policies(Access.SessionMember, Access.Visitor);
        Description(d => d.AcceptsJson<Request>()
            .Refuses(Problem.InvalidSessionToken, Problem.SessionNotFound, Problem.SessionNotClosed, Problem.NotAnswered));
    }

    public override async Task<Results<NoContent, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (request.Comment is { Length: > 0 } comment && limits.TakeBytes(ClientName.Of(HttpContext), Encoding.UTF8.GetByteCount(comment)) is { } wait)
        {
            return Problem.RateLimited.After(wait);
        }

        var score = request.Score!.Value;
        var sessionId = "";
        var (reply, refusal) = await gate.EnterAsync(
            User.Caller(),
            null,
            Allowance.Actions,
            access =>
            {
                sessionId = access.SessionId;
                return sessions.RateAsync(access, score, request.Comment, ct);
            },
            ct);
        if (reply is null)
        {
            return refusal!;
        }

        if (reply.Status != RatingStatus.Rated)
        {
            return reply.Status == RatingStatus.NotClosed ? Problem.SessionNotClosed : Problem.NotAnswered;
        }

        if (reply.Department is { } department)
        {
            samples.Record(department, SampleKind.Rating, sessionId, score);
        }

        return TypedResults.NoContent();
    }
}
