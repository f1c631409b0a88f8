using FastEndpoints;
using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Operators;

/// <summary>The canned replies, by shortcut.</summary>
public sealed class ListCannedReplies(CannedReplyStore replies) : EndpointWithoutRequest<ListCannedReplies.Answer>
{
    public sealed record Answer(IReadOnlyList<CannedReply> CannedReplies);

    public override void Configure()
    {
        Get("canned-replies");
        Group<OperatorGroup>();
    }

    public override async Task<Answer> ExecuteAsync(CancellationToken ct) => new(await replies.ListAsync(User.Operator(), ct));
}
