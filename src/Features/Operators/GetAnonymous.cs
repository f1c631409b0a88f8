using FastEndpoints;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>Whether anonymous visitors are served now.</summary>
public sealed class GetAnonymous(AnonymousPolicy policy) : EndpointWithoutRequest<AnonymousOrder>
{
    public override void Configure()
    {
        Get("anonymous");
        Group<OperatorGroup>();
        Policies(Access.Supervisor);
        Description(d => d.Refuses());
    }

    public override Task<AnonymousOrder> ExecuteAsync(CancellationToken ct) => Task.FromResult(policy.Order ?? new AnonymousOrder(policy.State, null));
}
