using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Operators;

/// <summary>
/// For some minutes the visitor of a session can neither post nor open a session: an account wherever it signs in, an anonymous visitor with
/// its token. Zero minutes lets it again.
/// </summary>
public sealed class BlockVisitor(SessionReader reader, HandoverStore handovers, AccountStore accounts, NoteStore notes, AuditLog audit, SecurityEvents security)
    : Endpoint<BlockVisitor.Request, Results<NoContent, Problem>>
{
    public sealed class Request
    {
        /// <summary>0 to 43,200 (30 days).</summary>
        public int? Minutes { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules() => RuleFor(r => r.Minutes).NotNull().InclusiveBetween(0, 43_200);
    }

    public override void Configure()
    {
        Post("sessions/{sessionId}/block");
        Group<OperatorGroup>();
        Description(d => d.AcceptsJson<Request>().Refuses(Problem.NotAssigned));
    }

    public override async Task<Results<NoContent, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Operator();
        ct = CancellationToken.None; // Runs to completion even if the client disconnects.
        var sessionId = Route<string>("sessionId")!;
        var duration = TimeSpan.FromMinutes(request.Minutes!.Value);
        var access = caller.IsSupervisor ? SessionAccess.OfSupervisor(sessionId) : SessionAccess.OfOperator(sessionId, caller);
        // A supervisor's right to a session is that to read it, which its departments limit.
        if ((caller is { IsSupervisor: true, Departments: not null } && await reader.FindAsync(sessionId, caller, ct) is null)
            || await handovers.BlockAsync(access, duration, ct) is not var (userId, ends))
        {
            return Problem.NotAssigned;
        }

        if (userId.Length > 0)
        {
            await accounts.BlockAsync(userId, duration, ct);
            if (await accounts.FindAsync(userId, ct) is { } current && current != sessionId)
            {
                await handovers.BlockAsync(SessionAccess.OfSupervisor(current), duration, ct);
            }
        }

        var (what, text) = request.Minutes switch
        {
            0 => ("unblocked", ""),
            1 => ("blocked", "for 1 minute"),
            var minutes => ("blocked", $"for {minutes} minutes"),
        };
        security.Note("visitor_" + what);
        await audit.RecordAsync(User, what, sessionId, userId.Length > 0 ? userId : null, text.Length > 0 ? text : null);
        await notes.AddAsync(sessionId, what, caller, text, $"{what}:{ends}", ct);
        return TypedResults.NoContent();
    }
}
