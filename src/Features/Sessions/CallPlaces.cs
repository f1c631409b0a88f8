using Intotes.Chat.Features.Queue;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Sessions;

/// <summary>The places of waiting sessions in their queues, for their visitors.</summary>
public sealed class CallPlaces(QueueViews views, CallEnqueuer enqueuer, VisitorWatch visitors, Departments departments)
{
    /// <summary>
    /// The place of a session whose visitor asks for it; null unless it waits, and while Redis does not tell: the queue may lie on a server that is away.
    /// </summary>
    public async ValueTask<QueuePlace?> OfAsync(string sessionId, SessionStatus status, string? department, DateTimeOffset? calledAt, CancellationToken ct)
    {
        if (status != SessionStatus.Waiting || department is null || calledAt is null)
        {
            return null;
        }

        visitors.See(department, sessionId);
        departments.Note(department);
        try
        {
            var view = await views.LastAsync(department, ct);
            if (view.Queue.TakenAt - calledAt.Value > QueueViews.Period && !view.Holds(sessionId, calledAt.Value))
            {
                // A node that died between the session and the queue may have left the call out of it. Harmless if it is there.
                await enqueuer.EnqueueAsync(department, sessionId, calledAt.Value, view.Estimate, ct);
            }

            return view.PlaceOf(sessionId, calledAt.Value);
        }
        catch (Exception e) when (e is StorageUnavailableException or TimeoutException)
        {
            return null;
        }
    }
}
