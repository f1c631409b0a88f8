using FastEndpoints;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>What all operator endpoints share: the address, the role, and that any call shows that the operator is there.</summary>
public sealed class OperatorGroup : Group
{
    public OperatorGroup() => Configure("operator", endpoints =>
    {
        endpoints.Policies(Access.Operator);
        endpoints.PreProcessor<NoteOperator>(Order.Before);
        endpoints.Description(d => d.Refuses(Problem.Forbidden));
    });

    public sealed class NoteOperator(RosterStore roster) : IGlobalPreProcessor
    {
        public Task PreProcessAsync(IPreProcessorContext context, CancellationToken ct) =>
            roster.SeenAsync(context.HttpContext.User.Operator(), ct);
    }
}
