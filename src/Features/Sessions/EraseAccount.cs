using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// Erases all conversations of an account, the present one too. For supervisors, and for the platform with its own key, when a customer asks
/// to be forgotten. The account is named in the body, because addresses end up in logs.
/// </summary>
public sealed partial class EraseAccount(SessionEraser eraser, AuditLog audit, ChatMetrics metrics) : Endpoint<EraseAccount.Request, Ok<EraseAccount.Answer>>
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

    public override async Task<Ok<Answer>> ExecuteAsync(Request request, CancellationToken ct)
    {
        // Before it is done, because then nothing is left to tell of it.
        await audit.RecordAsync(User, "account_erased", userId: request.UserId);
        metrics.NoteSecurity("account_erased");
        // Runs to completion even if the client disconnects.
        var erased = await eraser.EraseAllAsync(request.UserId!, CancellationToken.None);
        Log.Erased(Logger, erased, User.IsInRole(Access.SupervisorRole) ? Access.SupervisorRole : "platform");
        return TypedResults.Ok(new Answer(erased));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Count} conversations of an account were erased for a {Role}")]
        public static partial void Erased(ILogger logger, int count, string role);
    }
}
