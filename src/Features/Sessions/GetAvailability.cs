using FastEndpoints;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Hosting;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Sessions;

/// <summary>Whether operators are there and how many wait, for a page that offers the chat; no session needed.</summary>
public sealed class GetAvailability(QueueViews queues, IOptions<ChatOptions> options) : EndpointWithoutRequest<GetAvailability.Answer>
{
    /// <param name="Waiting">Over all departments.</param>
    /// <param name="EstimatedWaitSeconds">For one who called now, in the quickest department; null while it cannot be known.</param>
    /// <param name="Open">Whether a call would find an operator online.</param>
    public sealed record Answer(bool OperatorsOnline, int Waiting, int? EstimatedWaitSeconds, bool Open);

    public override void Configure()
    {
        Get("chat/availability");
        AllowAnonymous();
        Description(d => d.Refuses());
    }

    public override async Task<Answer> ExecuteAsync(CancellationToken ct)
    {
        var views = new List<QueueView>();
        foreach (var department in options.Value.Queues)
        {
            views.Add(await queues.ViewAsync(department, ct));
        }

        var online = views.Exists(v => v.Estimate.IsServed);
        return new Answer(online, views.Sum(v => v.Queue.Present), views.Min(v => v.Estimate.SecondsTo(v.Queue.Present + 1)), online);
    }
}
