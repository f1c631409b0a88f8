using System.Globalization;
using FastEndpoints;
using FluentValidation;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>Sets whether anonymous visitors are served, on all nodes at once.</summary>
public sealed class SetAnonymous(AnonymousStore store, AnonymousPolicy policy, AuditLog audit) : Endpoint<SetAnonymous.Request, AnonymousOrder>
{
    public sealed class Request
    {
        /// <summary>
        /// <c>open</c>; <c>limited</c>: only so many new sessions a minute in the whole service; or <c>off</c>: nothing new without signing in, neither sessions nor calls,
        /// and messages only where an operator has the session.
        /// </summary>
        public AnonymousState? State { get; init; }

        /// <summary>When the setting holds again; none for never.</summary>
        public DateTimeOffset? Until { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.State).NotNull().IsInEnum();
            RuleFor(r => r.Until).Must(until => until is null || until > Resolve<TimeProvider>().GetUtcNow()).WithMessage("Must be in the future.");
        }
    }

    public override void Configure()
    {
        Put("anonymous");
        Group<OperatorGroup>();
        Policies(Access.Supervisor);
        Description(d => d.AcceptsJson<Request>().Refuses());
    }

    public override async Task<AnonymousOrder> ExecuteAsync(Request request, CancellationToken ct)
    {
        var order = new AnonymousOrder(request.State!.Value, request.Until?.ToUniversalTime());
        // Runs to completion even if the client disconnects.
        await store.SetAsync(order, CancellationToken.None);
        policy.Answer(policy.Ask(), order);
        await audit.RecordAsync(User, "anonymous_set", detail: $"{request.State} until {order.Until?.ToString("u", CultureInfo.InvariantCulture) ?? "changed"}".ToLowerInvariant());
        return order;
    }
}
