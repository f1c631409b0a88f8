using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// How long a client should wait before its next poll: by what the session may expect, longer when this node or Redis is behind with the work, and
/// spread by a fifth so that clients do not march in step. So an overload slows polls before it fails what people do.
/// </summary>
public sealed class PollPace(RedisGateway redis)
{
    /// <summary>Calls to Redis that take longer than this, as one of both is behind, slow polls in proportion, down to a tenth.</summary>
    private static readonly TimeSpan Prompt = TimeSpan.FromMilliseconds(25);

    private const double Slowest = 10;

    public int NextPollMs(SessionStatus status, bool hasMore, bool waited)
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
        var load = Math.Clamp(redis.RecentDuration / Prompt, 1, Slowest);
        // The wait itself has paced a client that waits at the server, but for what is above the ordinary.
        var times = waited && status != SessionStatus.Closed ? load - 1 : load;
        return (int)(pace * times * (0.8 + (Random.Shared.NextDouble() * 0.4)));
    }
}
