using System.Collections.Concurrent;
using Intotes.Chat.Features.Sessions;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// How many polls of each session this node let in without a word to Redis, minute by minute. A quarter of what is permitted is let in so; then Redis counts
/// them, and each that follows. So only who polls more than its share costs Redis a write, and more nodes permit a quarter more each, at most.
/// </summary>
public sealed class PollCounts(IOptions<ChatOptions> options, TimeProvider time)
{
    /// <summary>Fewer a minute are counted one by one.</summary>
    private const int Many = 40;

    private readonly int free = options.Value.Limits.PollsPerMinute is >= Many and var limit ? limit / 4 : 0;
    private volatile Minute minute = new(time.GetTimestamp());

    /// <summary>How many polls Redis must count with this one; 0 when it need not hear of it.</summary>
    public int Due(SessionAccess access) =>
        access.Allowance.Length == 0 ? 0
        : free == 0 ? 1
        : Now().Sessions.GetValueOrDefault(KeyOf(access)) is not { } session || session.Polls < free ? 0
        : session.IsToldNow() ? free + 1
        : 1;

    /// <summary>
    /// Counts a poll that may enter; only then, so that nobody takes what is another's. False where others at the same time took the last ones: then Redis
    /// must count it after all.
    /// </summary>
    public bool IsFree(SessionAccess access) => access.Allowance.Length == 0 || Now().Sessions.GetOrAdd(KeyOf(access), static _ => new Count()).Increment() <= free;

    /// <summary>The visitor and the operator of a session are counted apart, as in session.lua.</summary>
    private static string KeyOf(SessionAccess access) => access.Kind == "operator" ? "operator " + access.SessionId : access.SessionId;

    private Minute Now() => time.GetElapsedTime(minute.Began) < TimeSpan.FromMinutes(1) ? minute : minute = new Minute(time.GetTimestamp());

    private sealed record Minute(long Began)
    {
        public ConcurrentDictionary<string, Count> Sessions { get; } = new();
    }

    private sealed class Count
    {
        private int polls, isTold;

        public int Polls => Volatile.Read(ref polls);

        public int Increment() => Interlocked.Increment(ref polls);

        /// <summary>Once, to one of those who ask.</summary>
        public bool IsToldNow() => Interlocked.Exchange(ref isTold, 1) == 0;
    }
}
