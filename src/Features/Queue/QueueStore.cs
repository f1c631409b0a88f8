using System.Diagnostics;
using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Queue;

/// <summary>A moment of one department's queue.</summary>
/// <param name="Places">The place of each session listed, in the order of service: those whose visitor is there, then those whose visitor is gone.</param>
/// <param name="Present">Calls whose visitor is there.</param>
/// <param name="Gone">Calls whose visitor was not seen for 90 s; they are served after the others.</param>
/// <param name="OldestCall">When the call was made that is served next.</param>
/// <param name="LastListed">When the last listed call was made, where the queue is longer than what was read of it.</param>
public sealed record QueueSnapshot(
    DateTimeOffset TakenAt, IReadOnlyDictionary<string, int> Places, int Present, int Gone, DateTimeOffset? OldestCall, DateTimeOffset? LastListed)
{
    public int Count => Present + Gone;

    /// <summary>How long the call has waited that is served next, by the clock of Redis; null when nobody waits.</summary>
    public TimeSpan? LongestWait => OldestCall is { } calledAt ? (calledAt < TakenAt ? TakenAt - calledAt : TimeSpan.Zero) : null;
}

/// <summary>A call as the queue knows it.</summary>
/// <param name="Place">In its department, counted from 1.</param>
/// <param name="SeenAt">When its visitor was last seen.</param>
public sealed record QueuedCall(string Department, int Place, string SessionId, DateTimeOffset CalledAt, DateTimeOffset? SeenAt, bool IsGone)
{
    public CallCursor Cursor => new(IsGone, Stored.CallTime(CalledAt), SessionId);
}

/// <param name="Count">All calls of the queue.</param>
public sealed record QueuePage(DateTimeOffset TakenAt, int Count, IReadOnlyList<QueuedCall> Calls);

/// <param name="Count">Calls in the queue.</param>
/// <param name="Leaving">Sessions whose visitor does not come back, so that the call is to leave.</param>
/// <param name="Looked">Some sessions in the queue, to see whether they are still there.</param>
/// <param name="Next">Where to look next.</param>
public sealed record QueueSweep(int Count, IReadOnlyList<string> Leaving, IReadOnlyList<string> Looked, int Next);

/// <summary>The waiting calls of each department.</summary>
public sealed class QueueStore(RedisGateway redis)
{
    /// <summary>After so long without its visitor a call leaves the queue.</summary>
    public static readonly TimeSpan LeavesAfter = TimeSpan.FromMinutes(30);

    /// <summary>Most calls of each kind in one sweep.</summary>
    private const int MostSwept = 50;

    private static readonly RedisValue LeavesAfterMilliseconds = (long)LeavesAfter.TotalMilliseconds;

    /// <summary>Puts a call at the place of its first call time, and returns that. Harmless when it is there already; then null.</summary>
    public Task<QueuePlace?> EnqueueAsync(string department, string sessionId, DateTimeOffset calledAt, WaitEstimate estimate, CancellationToken ct) =>
        PutAsync(department, sessionId, calledAt, estimate, returns: false, ct);

    /// <summary>Puts a call back that an operator had, also when the queue has not finished lending it yet.</summary>
    public Task ReturnAsync(string department, string sessionId, DateTimeOffset calledAt, CancellationToken ct) =>
        PutAsync(department, sessionId, calledAt, WaitEstimate.Unknown, returns: true, ct);

    /// <summary>
    /// Counts a call for its client address before it is made. False when the address has as many in all queues as it may. One script decides, in a slot of the
    /// address, so that of many at once no more come through. It is not told what leaves a queue: where it finds no place, the queues say what is still there.
    /// </summary>
    public async Task<bool> CountAsync(string department, string sessionId, string client, int most, IEnumerable<string> departments, CancellationToken ct)
    {
        await NoteAsync(Keys.Digest(client));
        if (await TakeAsync("") is (false, var since) && await TakeAsync(since, [.. (await Task.WhenAll(departments.Select(WaitingAsync))).SelectMany(ids => ids)]) is (false, _))
        {
            await NoteAsync("");
            return false;
        }

        return true;

        Task NoteAsync(string address) => redis.RunAsync(Scripts.count_call, Keys.OfQueue(department), [sessionId, address], ct);

        async Task<(bool IsTaken, RedisValue At)> TakeAsync(RedisValue since, params RedisValue[] waiting)
        {
            var reply = new ScriptReply(await redis.RunAsync(Scripts.take_call, [Keys.CallsOfClient(client)], [Keys.Digest(sessionId), most, since, .. waiting], ct));
            return (reply.Number(0) == 1, reply.Number(1));
        }

        async Task<IEnumerable<RedisValue>> WaitingAsync(string queue) =>
            ((string[])(await redis.RunAsync(Scripts.calls_of_client, Keys.OfQueue(queue), [Keys.Digest(client)], ct))!).Select(session => (RedisValue)Keys.Digest(session));
    }

    /// <summary>Takes a call out, wherever in the queue it is.</summary>
    public Task DropAsync(string department, string sessionId, CancellationToken ct) => DropAsync(department, [sessionId], ct);

    /// <summary>Takes calls out, wherever in the queue they are.</summary>
    public Task DropAsync(string department, IReadOnlyCollection<string> sessionIds, CancellationToken ct) =>
        redis.RunAsync(Scripts.drop_call, Keys.OfQueue(department), ["", .. sessionIds], ct);

    /// <summary>Takes a call out, unless its visitor has come back.</summary>
    public Task DropAbandonedAsync(string department, string sessionId, CancellationToken ct) =>
        redis.RunAsync(Scripts.drop_call, Keys.OfQueue(department), [LeavesAfterMilliseconds, sessionId], ct);

    /// <summary>Notes that visitors who wait are there.</summary>
    public Task SeeAsync(string department, IEnumerable<string> sessionIds, CancellationToken ct) =>
        redis.RunAsync(Scripts.see_visitors, Keys.OfQueue(department), [.. sessionIds], ct);

    /// <summary>The queue as it is now.</summary>
    /// <param name="department">Whose.</param>
    /// <param name="most">Most calls that are listed; the rest is only counted.</param>
    /// <param name="ct">Ends the call.</param>
    public async Task<QueueSnapshot> ReadAsync(string department, int most, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(Scripts.read_queue, Keys.OfQueue(department), [most], ct));
        var places = new Dictionary<string, int>();
        foreach (var session in reply.Items(3))
        {
            places[(string)session!] = places.Count + 1;
        }

        var (present, gone) = ((int)reply.Number(1), (int)reply.Number(2));
        return new QueueSnapshot(
            DateTimeOffset.FromUnixTimeMilliseconds(reply.Number(0)), places, present, gone, Time(reply.Text(4)), places.Count < present + gone ? Time(reply.Text(5)) : null);
    }

    /// <summary>How many wait, and since when.</summary>
    public Task<QueueSnapshot> CountAsync(string department, CancellationToken ct) => ReadAsync(department, 0, ct);

    /// <summary>Calls in the order of service, from a cursor on; the call that the cursor names may be among them.</summary>
    public async Task<QueuePage> PageAsync(string department, CallCursor? from, int most, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.page_queue, Keys.OfQueue(department), [from is { } at ? at.CalledAt : "", from is { IsGone: true } ? "1" : "", most], ct));
        var calls = new List<QueuedCall>();
        var place = (int)reply.Number(2);
        foreach (var call in reply.Items(3).Chunk(4))
        {
            DateTimeOffset? seenAt = (string?)call[2] is { Length: > 0 } seen ? Stored.Time(seen) : null;
            calls.Add(new QueuedCall(department, place++, (string)call[0]!, Stored.CallTime((string)call[1]!), seenAt, (string?)call[3] == "1"));
        }

        return new QueuePage(DateTimeOffset.FromUnixTimeMilliseconds(reply.Number(0)), (int)reply.Number(1), calls);
    }

    /// <summary>Whether a call is among those whose visitor is gone.</summary>
    public async Task<bool> IsGoneAsync(string department, string sessionId, CancellationToken ct) =>
        await redis.CallAsync("ZSCORE", Keys.OfQueue(department)[6], (db, key) => db.SortedSetScoreAsync(key, sessionId), ct) is not null;

    /// <summary>The ids of those who are served next, in the order of service.</summary>
    public async Task<IReadOnlyList<string>> HeadAsync(string department, int most, CancellationToken ct) =>
        [.. (await PageAsync(department, null, most, ct)).Calls.Select(call => call.SessionId)];

    /// <summary>Keeps the queue in order.</summary>
    /// <param name="department">Whose.</param>
    /// <param name="findsGone">Whether visitors may be found to be gone.</param>
    /// <param name="index">From where to look at some calls.</param>
    /// <param name="ct">Ends the call.</param>
    public async Task<QueueSweep> SweepAsync(string department, bool findsGone, int? index, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.sweep_queue, Keys.OfQueue(department), [findsGone ? "1" : "", LeavesAfterMilliseconds, index is { } from ? from : "", MostSwept], ct));
        return new QueueSweep((int)reply.Number(0), Ids(reply, 1), Ids(reply, 2), (int)reply.Number(3));
    }

    private async Task<QueuePlace?> PutAsync(
        string department, string sessionId, DateTimeOffset calledAt, WaitEstimate estimate, bool returns, CancellationToken ct)
    {
        using var span = CallSpans.Send(department, sessionId);
        var traceparent = Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : "";
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.enqueue_call,
            Keys.OfQueue(department),
            [sessionId, Stored.CallTime(calledAt), traceparent, estimate.Free, estimate.SecondsPerPlace is { } seconds ? seconds : "", returns ? "1" : ""],
            ct));
        var place = (int)reply.Number(0);
        return place == 0 ? null : new QueuePlace(place, (int)reply.Number(1), estimate.SecondsTo(place));
    }

    private static DateTimeOffset? Time(string? microseconds) => microseconds is { Length: > 0 } ? Stored.CallTime(microseconds) : null;

    private static IReadOnlyList<string> Ids(ScriptReply reply, int index) => [.. reply.Items(index).Select(id => (string)id!)];
}
