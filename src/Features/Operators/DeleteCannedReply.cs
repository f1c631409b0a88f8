using FastEndpoints;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Intotes.Chat.Features.Operators;

/// <summary>Deletes a canned reply.</summary>
public sealed class DeleteCannedReply(CannedReplyStore replies) : EndpointWithoutRequest<Results<NoContent, Problem>>
{
    public override void Configure()
    {
        Delete("canned-replies/{shortcut}");
        Group<OperatorGroup>();
        Description(d => d.Refuses(Problem.NotFound));
    }

    public override async Task<Results<NoContent, Problem>> ExecuteAsync(CancellationToken ct) =>
        await replies.DeleteAsync(Route<string>("shortcut")!, ct) ? TypedResults.NoContent() : Problem.NotFound;
}
