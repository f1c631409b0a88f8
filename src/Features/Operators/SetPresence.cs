using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>Sets the operator's presence. A field that is left out stays as it is.</summary>
public sealed class SetPresence(RosterStore roster, Departments departments, AuditLog audit, IOptions<ChatOptions> options)
    : Endpoint<SetPresence.Request, Results<Ok<SetPresence.Answer>, Problem>>
{
    public sealed class Request
    {
        /// <summary>Away: not counted as online, and nothing is transferred to it.</summary>
        public PresenceStatus? Status { get; init; }

        /// <summary>How many sessions it takes at once, 1 to 50.</summary>
        public int? Capacity { get; init; }

        /// <summary>The departments it serves, of those that its token grants; an empty list means all of these.</summary>
        public string[]? Departments { get; init; }
    }

    /// <param name="Departments">Those it serves; none means all.</param>
    /// <param name="Held">How many sessions it has.</param>
    /// <param name="Operator">The operator, as its token says.</param>
    /// <param name="Supervisor">Whether it may also see what is not its own.</param>
    /// <param name="AllDepartments">Those there are, of those that the operator's token grants.</param>
    public sealed record Answer(
        PresenceStatus Status, int Capacity, IReadOnlyList<string> Departments, int Held, int LeaseSeconds, OperatorIdentity Operator, bool Supervisor,
        IReadOnlyList<string> AllDepartments);

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Capacity).InclusiveBetween(1, 50);
            var options = Resolve<IOptions<ChatOptions>>().Value;
            RuleFor(r => r.Departments).Must(named => named is null || named.Length <= options.Queues.Count).WithMessage("May name no more than there are.");
            RuleForEach(r => r.Departments).NotNull().IsDepartment(options).When(r => r.Departments?.Length <= options.Queues.Count);
        }
    }

    public override void Configure()
    {
        Put("presence");
        Group<OperatorGroup>();
        Description(d => d.AcceptsJson<Request>(isOptional: true));
    }

    public override async Task<Results<Ok<Answer>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var caller = User.Operator();
        if (request.Departments?.All(caller.MayServe) == false)
        {
            return Problem.Forbidden;
        }

        var (entry, isChanged) = await roster.SetPresenceAsync(caller, new Presence(request.Status, request.Capacity, request.Departments?.Distinct().ToArray()), ct);
        var status = entry.IsOnline ? PresenceStatus.Online : PresenceStatus.Away;
        if (isChanged)
        {
            await audit.RecordAsync(User, "presence_set", detail: $"{status} {entry.Capacity} {string.Join(',', entry.Departments)}".ToLowerInvariant());
        }

        return TypedResults.Ok(new Answer(
            status, entry.Capacity, entry.Departments, entry.Held, options.Value.OperatorLeaseSeconds,
            new OperatorIdentity(caller.Id, caller.Name), caller.IsSupervisor, [.. departments.GrantedTo(caller).Intersect(options.Value.Queues)]));
    }
}
