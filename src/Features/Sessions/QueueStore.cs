using System.Diagnostics;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Sessions;

/// <summary>A moment of one department's queue: the waiting sessions in the order of service.</summary>
public sealed record QueueSnapshot(DateTimeOffset TakenAt, IReadOnlyDictionary<string, int> Places, DateTimeOffset? OldestCall);

/// <summary>The list of waiting calls of each department.</summary>
public sealed class QueueStore(RedisGateway redis)
{
    /// <summary>Puts a call at the place of its first call time, and returns that. Harmless when it is there already; then null.</summary>
    public Task<QueuePlace?> EnqueueAsync(string department, string sessionId, DateTimeOffset calledAt, ServicePace pace, CancellationToken ct) =>
        PutAsync(department, sessionId, calledAt, pace, returns: false, ct);

    /// <summary>Puts a call back that an operator had, also when the queue has not finished lending it yet.</summary>
    public Task ReturnAsync(string department, string sessionId, DateTimeOffset calledAt, CancellationToken ct) =>
        PutAsync(department, sessionId, calledAt, ServicePace.Unknown, returns: true, ct);

    /// <summary>Takes a call out, wherever in the queue it is.</summary>
    public Task DropAsync(string department, string sessionId, CancellationToken ct) =>
        redis.RunAsync(Scripts.drop_call, Keys.OfQueue(department), [sessionId], ct);

    /// <summary>The whole queue as it is now.</summary>
    public async Task<QueueSnapshot> ReadAsync(string department, CancellationToken ct)
    {
        var reply = await ReadAsync(department, -1, ct);
        var places = new Dictionary<string, int>();
        foreach (var session in reply.Items(1))
        {
            places[(string)session!] = places.Count + 1;
        }

        return new QueueSnapshot(
            DateTimeOffset.FromUnixTimeMilliseconds(reply.Number(0)), places, reply.Text(2) is { Length: > 0 } oldest ? Stored.CallTime(oldest) : null);
    }

    /// <summary>The ids of those who wait longest, in the order of service.</summary>
    public async Task<IReadOnlyList<string>> HeadAsync(string department, int most, CancellationToken ct) =>
        [.. (await ReadAsync(department, most - 1, ct)).Items(1).Select(id => (string)id!)];

    private async Task<QueuePlace?> PutAsync(
        string department, string sessionId, DateTimeOffset calledAt, ServicePace pace, bool returns, CancellationToken ct)
    {
        using var span = CallSpans.Send(department, sessionId);
        var traceparent = Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : "";
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.enqueue_call,
            Keys.OfQueue(department),
            [sessionId, Stored.CallTime(calledAt), traceparent, pace.Free, pace.SecondsPerPlace is { } seconds ? seconds : "", returns ? "1" : ""],
            ct));
        var place = (int)reply.Number(0);
        return place == 0 ? null : new QueuePlace(place, (int)reply.Number(1), pace.EstimateFor(place));
    }

    private async Task<ScriptReply> ReadAsync(string department, int last, CancellationToken ct) =>
        new(await redis.RunAsync(Scripts.read_queue, Keys.OfQueue(department), [last], ct));
}
