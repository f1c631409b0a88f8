using FastEndpoints;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>Adds a canned reply under a shortcut that is not taken.</summary>
public sealed class AddCannedReply(CannedReplyStore replies, AuditLog audit, IOptions<ChatOptions> options) : Endpoint<AddCannedReply.Request, Results<Created<CannedReply>, Problem>>
{
    public sealed class Request
    {
        /// <summary>1 to 32 of a-z, 0-9 and '-'.</summary>
        public string? Shortcut { get; init; }

        public string? Text { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Shortcut).IsShortcut();
            RuleFor(r => r.Text).IsReplyText();
        }
    }

    public override void Configure()
    {
        Post("canned-replies");
        Group<OperatorGroup>();
        Description(d => d.AcceptsJson<Request>().Refuses(Problem.CannedRepliesFull));
    }

    public override async Task<Results<Created<CannedReply>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (!options.Value.MayChange(User.Operator()))
        {
            return Problem.Forbidden;
        }

        var reply = new CannedReply(request.Shortcut!, MessageText.Clean(request.Text!));
        await audit.RecordAsync(User, "reply_added", detail: reply.Shortcut);
        return await replies.AddAsync(reply, ct) switch
        {
            CannedReplyStatus.Stored => TypedResults.Created((string?)null, reply),
            CannedReplyStatus.Full => Problem.CannedRepliesFull,
            _ => Problem.ShortcutTaken,
        };
    }
}
