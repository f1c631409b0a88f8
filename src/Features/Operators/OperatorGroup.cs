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

    /// <summary>One for the whole process, of whichever node made it first: what it needs it takes from the request.</summary>
    public sealed class NoteOperator : IGlobalPreProcessor
    {
        public Task PreProcessAsync(IPreProcessorContext context, CancellationToken ct) =>
            context.HttpContext.RequestServices.GetRequiredService<RosterStore>().SeenAsync(context.HttpContext.User.Operator(), ct);
    }
}
