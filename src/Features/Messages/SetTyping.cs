using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Messages;

/// <summary>Shows the other side for six seconds that the caller is writing, or no longer.</summary>
public sealed class SetTyping(SessionGate gate, MessageStore messages) : Endpoint<SetTyping.Request, Results<NoContent, Problem>>
{
    public sealed class Request
    {
        public bool? Typing { get; init; }

        /// <summary>Where an operator with several sessions writes.</summary>
        public string? SessionId { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules() => RuleFor(r => r.Typing).NotNull();
    }

    public override void Configure()
    {
        Post("chat/typing");
        Policies(Access.SessionMember);
        Description(d => d.AcceptsJson<Request>()
            .Refuses(Problem.InvalidSessionToken, Problem.NotAssigned, Problem.Blocked, Problem.SessionNotFound, Problem.SessionClosed));
    }

    public override async Task<Results<NoContent, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Caller()!;
        var (reply, refusal) = await gate.EnterAsync(
            caller, request.SessionId, Allowance.Actions, access => messages.SetTypingAsync(access, caller, request.Typing!.Value, ct), ct);
        return reply switch
        {
            null => refusal!,
            { IsClosed: true } => Problem.SessionClosed,
            { IsBlocked: true } => Problem.Blocked,
            _ => TypedResults.NoContent(),
        };
    }
}
