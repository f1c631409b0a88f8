using Intotes.Chat.Features.Queue;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// Puts calls into the queue. A session that was closed or erased meanwhile, when its call was not yet there to be dropped, does not stay:
/// ending a session looks into the queue afterwards, and enqueuing one looks at the session afterwards.
/// </summary>
public sealed class CallEnqueuer(SessionStore sessions, QueueStore queue, Departments departments)
{
    /// <summary>Counts a call for its client address before it is made. False when the address has as many as it may, over all departments.</summary>
    public Task<bool> CountAsync(string department, string sessionId, string client, int most, CancellationToken ct) =>
        queue.CountAsync(department, sessionId, client, most, departments.Served, ct);

    /// <summary>Puts a call at the place of its first call time, and returns that. Harmless when it is there already; then null.</summary>
    public async Task<QueuePlace?> EnqueueAsync(string department, string sessionId, DateTimeOffset calledAt, WaitEstimate estimate, CancellationToken ct)
    {
        departments.Note(department);
        var place = await queue.EnqueueAsync(department, sessionId, calledAt, estimate, ct);
        await DropIfEndedAsync(department, sessionId, ct);
        return place;
    }

    /// <summary>Puts a call back that an operator had.</summary>
    public async Task ReturnAsync(string department, string sessionId, DateTimeOffset calledAt, CancellationToken ct)
    {
        departments.Note(department);
        await queue.ReturnAsync(department, sessionId, calledAt, ct);
        await DropIfEndedAsync(department, sessionId, ct);
    }

    private async Task DropIfEndedAsync(string department, string sessionId, CancellationToken ct)
    {
        if (await sessions.FindAsync(sessionId, ct) is null or { Status: SessionStatus.Closed or SessionStatus.Open })
        {
            await queue.DropAsync(department, sessionId, ct);
        }
    }
}
