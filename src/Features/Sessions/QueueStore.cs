using System.Diagnostics;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Sessions;

/// <summary>A moment of one department's queue: the waiting sessions in the order of service.</summary>
public sealed record QueueSnapshot(DateTimeOffset TakenAt, IReadOnlyDictionary<string, int> Places)
{
    /// <summary>
    /// The place of a waiting session. One that is not listed has just been called, and is behind all others; or, when it was called before
    /// the moment, it is being given to an operator right now.
    /// </summary>
    public QueuePlace PlaceOf(string sessionId, DateTimeOffset calledAt) =>
        Places.TryGetValue(sessionId, out var place) ? new QueuePlace(place, Places.Count, null)
        : calledAt < TakenAt ? new QueuePlace(1, Math.Max(1, Places.Count), null)
        : new QueuePlace(Places.Count + 1, Places.Count + 1, null);
}

/// <summary>The list of waiting calls of each department.</summary>
public sealed class QueueStore(RedisGateway redis)
{
    /// <summary>Puts a call at the place of its first call time, and returns that. Harmless when it is there already; then null.</summary>
    public async Task<QueuePlace?> EnqueueAsync(string department, string sessionId, DateTimeOffset calledAt, CancellationToken ct)
    {
        var traceparent = Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : "";
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.enqueue_call, Keys.OfQueue(department), [sessionId, calledAt.ToUnixTimeMilliseconds(), traceparent], ct));
        return reply.Number(0) == 0 ? null : new QueuePlace((int)reply.Number(0), (int)reply.Number(1), null);
    }

    /// <summary>Takes a call out, wherever in the queue it is.</summary>
    public Task DropAsync(string department, string sessionId, CancellationToken ct) =>
        redis.RunAsync(Scripts.drop_call, Keys.OfQueue(department), [sessionId], ct);

    /// <summary>The whole queue as it is now.</summary>
    public async Task<QueueSnapshot> ReadAsync(string department, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(Scripts.read_queue, Keys.OfQueue(department), [0, -1], ct));
        var places = new Dictionary<string, int>();
        foreach (var session in reply.Items(1))
        {
            places[(string)session!] = places.Count + 1;
        }

        return new QueueSnapshot(DateTimeOffset.FromUnixTimeMilliseconds(reply.Number(0)), places);
    }

    /// <summary>The ids of those who wait longest, in the order of service.</summary>
    public async Task<IReadOnlyList<string>> HeadAsync(string department, int most, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(Scripts.read_queue, Keys.OfQueue(department), [0, most - 1], ct));
        return [.. reply.Items(1).Select(id => (string)id!)];
    }
}
