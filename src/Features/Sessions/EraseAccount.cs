using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// Erases all conversations of an account, the present one too. For supervisors, and for the platform with its own key, when a customer asks
/// to be forgotten. The account is named in the body, because addresses end up in logs.
/// </summary>
public sealed class EraseAccount(SessionEraser eraser) : Endpoint<EraseAccount.Request, Ok<EraseAccount.Answer>>
{
    public sealed class Request
    {
        /// <summary>The platform's id of the account, as <c>sub</c> in its tokens.</summary>
        public string? UserId { get; init; }
    }

    /// <param name="Erased">How many conversations that were.</param>
    public sealed record Answer(int Erased);

    public sealed class Rules : Validator<Request>
    {
        public Rules() => RuleFor(r => r.UserId).NotEmpty().MaximumLength(1000);
    }

    public override void Configure()
    {
        Post("accounts/erase");
        Policies(Access.Eraser);
        Description(d => d.AcceptsJson<Request>());
    }

    public override async Task<Ok<Answer>> ExecuteAsync(Request request, CancellationToken ct) =>
        TypedResults.Ok(new Answer(await eraser.EraseAllAsync(request.UserId!, ct)));
}
