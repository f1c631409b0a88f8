using Intotes.Chat.Features.Sessions;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// How long a client should wait before its next poll: by what the session may expect, longer when this node is behind with its work, and
/// spread by a fifth so that clients do not march in step.
/// </summary>
public static class PollPace
{
    public static int NextPollMs(SessionStatus status, bool hasMore, bool waited)
    {
        if (hasMore)
        {
            return 0;
        }

        var pace = status switch
        {
            SessionStatus.Active => 2_000,
            SessionStatus.Waiting => 3_000,
            SessionStatus.Open => 6_000,
            _ => 30_000,
        };
        // The wait itself has paced a client that waits at the server.
        return waited && status != SessionStatus.Closed ? 0 : (int)(pace * Load() * (0.8 + (Random.Shared.NextDouble() * 0.4)));
    }

    /// <summary>1 while this node keeps up; up to 10 as its thread pool's queue grows beyond 100 items a processor.</summary>
    private static double Load() => Math.Clamp(ThreadPool.PendingWorkItemCount / (100.0 * Environment.ProcessorCount), 1, 10);
}
