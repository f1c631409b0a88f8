using FastEndpoints;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Operators;

/// <summary>The profile and trading history of the customer in a session, from the platform. That the operator looked is recorded.</summary>
public sealed class GetCustomer(SessionReader reader, CustomerReader customers, AuditLog audit) : EndpointWithoutRequest<Results<Ok<Customer>, Problem>>
{
    /// <summary>As long as the platform's client takes to give up, which does not watch a body that stalls.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public override void Configure()
    {
        Get("sessions/{sessionId}/customer");
        Group<OperatorGroup>();
        Description(d => d.Refuses(Problem.SessionNotFound, Problem.NotFound));
    }

    public override async Task<Results<Ok<Customer>, Problem>> ExecuteAsync(CancellationToken ct)
    {
        var caller = User.Operator();
        if (await reader.FindAsync(Route<string>("sessionId")!, caller, ct) is not { } summary)
        {
            return Problem.SessionNotFound;
        }

        audit.Look(User, "customer_seen", summary.Session.Id, summary.Session.Visitor.UserId);
        return await customers.ReadAsync(summary.Session, caller, Patience, ct) is { } customer ? TypedResults.Ok(customer) : Problem.NotFound;
    }
}
