using FastEndpoints;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>Deletes a canned reply. Deleting it again within ten minutes gives the same answer.</summary>
public sealed class DeleteCannedReply(CannedReplyStore replies, AuditLog audit, IOptions<ChatOptions> options) : EndpointWithoutRequest<Results<NoContent, Problem>>
{
    public override void Configure()
    {
        Delete("canned-replies/{shortcut}");
        Group<OperatorGroup>();
        Description(d => d.Refuses(Problem.NotFound));
    }

    public override async Task<Results<NoContent, Problem>> ExecuteAsync(CancellationToken ct)
    {
        if (!options.Value.MayChange(User.Operator()))
        {
            return Problem.Forbidden;
        }

        var shortcut = Route<string>("shortcut")!;
        await audit.RecordAsync(User, "reply_deleted", detail: shortcut);
        return await replies.DeleteAsync(shortcut, ct) ? TypedResults.NoContent() : Problem.NotFound;
    }
}
