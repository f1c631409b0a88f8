using FastEndpoints;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>The common part of all operator endpoints: the address, the role, that any call shows that the operator is there, and how often it may call.</summary>
public sealed class OperatorGroup : Group
{
    public OperatorGroup() => Configure("operator", endpoints =>
    {
        endpoints.Policies(Access.Operator);
        endpoints.PreProcessor<NoteOperator>(Order.Before);
    });

    /// <summary>One for the whole process, of whichever node made it first: what it needs it takes from the request.</summary>
    public sealed class NoteOperator : IGlobalPreProcessor
    {
        public async Task PreProcessAsync(IPreProcessorContext context, CancellationToken ct)
        {
            var http = context.HttpContext;
            var isPoll = http.GetEndpoint()!.Metadata.GetMetadata<EndpointDefinition>()!.EndpointType == typeof(PollSessions);
            var roster = http.RequestServices.GetRequiredService<RosterStore>();
            if (await roster.CountAsync(http.User.Operator(), isPoll, ct) is { } wait)
            {
                await Problem.RateLimited.After(wait).ExecuteAsync(http);
            }
        }
    }
}
