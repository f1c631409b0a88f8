using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;

namespace Intotes.Chat.Tests.Replay;

/// <summary>What visitors and operators of the replay know of each other outside of the service: which calls were made, and who took them when.</summary>
internal sealed class SupportDesk(int expectedCalls) : IDisposable
{
    private readonly Channel<bool> untaken = Channel.CreateUnbounded<bool>();
    private readonly ConcurrentDictionary<string, Conversation> conversations = new();
    private readonly ConcurrentDictionary<string, Span> calls = new();
    private readonly ConcurrentDictionary<string, Span> claims = new();
    private int called;

    /// <summary>Visitors come a few at a time, so that the order of most calls is certain, and no busy machine chokes on all of them at once.</summary>
    private readonly SemaphoreSlim door = new(4);

    public IReadOnlyDictionary<string, Conversation> Conversations => conversations;

    public void Dispose() => door.Dispose();

    public async Task EnterAsync(Func<Task> enter)
    {
        await door.WaitAsync();
        await enter();
        door.Release();
    }

    public async Task CallAsync(string sessionId, Conversation conversation, Func<Task> call)
    {
        Assert.True(conversations.TryAdd(sessionId, conversation), $"{sessionId} was given twice");
        var began = Stopwatch.GetTimestamp();
        await call();
        calls[sessionId] = new Span(began, Stopwatch.GetTimestamp());
        untaken.Writer.TryWrite(true);
        if (Interlocked.Increment(ref called) == expectedCalls)
        {
            untaken.Writer.Complete();
        }
    }

    /// <summary>Waits until there is a call that nobody has gone for yet, whichever it is; false when all are taken.</summary>
    public async Task<bool> GoForCallAsync() => await untaken.Reader.WaitToReadAsync() && (untaken.Reader.TryRead(out _) || await GoForCallAsync());

    public async Task<string> ClaimAsync(Func<Task<string>> claim)
    {
        var began = Stopwatch.GetTimestamp();
        var sessionId = await claim();
        Assert.True(claims.TryAdd(sessionId, new Span(began, Stopwatch.GetTimestamp())), $"{sessionId} was claimed twice");
        return sessionId;
    }

    /// <summary>
    /// First called, first served: of any two calls of which one was answered before the other was made, the earlier one must not have been
    /// claimed after the later one. Says how many pairs that could tell.
    /// </summary>
    public int AssertServedInOrder()
    {
        Assert.Equal(calls.Keys.Order(), claims.Keys.Order());
        var telling = 0;
        foreach (var (earlier, call) in calls)
        {
            foreach (var (later, next) in calls.Where(other => call.IsBefore(other.Value)))
            {
                Assert.False(claims[later].IsBefore(claims[earlier]), $"{later} was called after {earlier} and claimed before it");
                telling += claims[earlier].IsBefore(claims[later]) ? 1 : 0;
            }
        }

        return telling;
    }

    /// <summary>From the sending of a request to its answer.</summary>
    private readonly record struct Span(long Began, long Ended)
    {
        public bool IsBefore(Span other) => Ended < other.Began;
    }
}
