using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Messages;

/// <summary>Tells the other side up to where the caller has read; never backwards.</summary>
public sealed class MarkRead(SessionGate gate, MessageStore messages) : Endpoint<MarkRead.Request, Results<NoContent, Problem>>
{
    public sealed class Request
    {
        /// <summary>The id of the last message that was read.</summary>
        public string? UpTo { get; init; }

        /// <summary>Where an operator with several sessions has read.</summary>
        public string? SessionId { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.UpTo).NotNull();
            RuleFor(r => r.UpTo).IsCursor();
        }
    }

    public override void Configure()
    {
        Post("chat/read");
        Policies(Access.SessionMember);
        Description(d => d.AcceptsJson<Request>()
            .Refuses(Problem.InvalidCursor, Problem.InvalidSessionToken, Problem.NotAssigned, Problem.SessionNotFound));
    }

    public override async Task<Results<NoContent, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Caller()!;
        var (reply, refusal) = await gate.EnterAsync(
            caller, request.SessionId, Allowance.Actions, access => messages.MarkReadAsync(access, caller, request.UpTo!, ct), ct);
        return reply is null ? refusal! : TypedResults.NoContent();
    }
}
