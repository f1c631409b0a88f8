using FastEndpoints;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>Gives a canned reply another text.</summary>
public sealed class ReplaceCannedReply(CannedReplyStore replies, AuditLog audit, IOptions<ChatOptions> options) : Endpoint<ReplaceCannedReply.Request, Results<Ok<CannedReply>, Problem>>
{
    public sealed class Request
    {
        public string? Text { get; init; }
    }

    public sealed class Rules : Validator<Request>
    {
        public Rules() => RuleFor(r => r.Text).IsReplyText();
    }

    public override void Configure()
    {
        Put("canned-replies/{shortcut}");
        Group<OperatorGroup>();
        Description(d => d.AcceptsJson<Request>().Refuses(Problem.NotFound, Problem.CannedRepliesFull));
    }

    public override async Task<Results<Ok<CannedReply>, Problem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (!options.Value.MayChange(User.Operator()))
        {
            return Problem.Forbidden;
        }

        var reply = new CannedReply(Route<string>("shortcut")!, MessageText.Clean(request.Text!));
        await audit.RecordAsync(User, "reply_replaced", detail: reply.Shortcut);
        return await replies.ReplaceAsync(reply, ct) switch
        {
            CannedReplyStatus.Stored => TypedResults.Ok(reply),
            CannedReplyStatus.Full => Problem.CannedRepliesFull,
            _ => Problem.NotFound,
        };
    }
}
