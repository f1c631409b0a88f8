using System.Net;
using System.Threading.RateLimiting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Hosting;

/// <summary>How often a client may do what costs us most; section <c>Chat:Limits</c>. 0 for any number. An account is a client of its own, wherever it signs in.</summary>
public sealed class ClientLimitOptions
{
    /// <summary>Sessions made.</summary>
    public int SessionsPerMinutePerIp { get; init; } = 30;

    /// <summary>Requests whose credential is none or bad.</summary>
    public int FailuresPerMinutePerIp { get; init; } = 60;

    /// <summary>Messages sent, over all sessions; counted by each node alone, so that it costs a message no round trip.</summary>
    public int MessagesPerMinutePerIp { get; init; } = 600;

    /// <summary>Requests of anonymous visitors, polls included, over all sessions; counted by each node alone.</summary>
    public int RequestsPerMinutePerIp { get; init; } = 6_000;

    /// <summary>Bytes of all sessions of the client in Redis; counted by each node alone.</summary>
    public long BytesPerHourPerIp { get; init; } = 8 * 1024 * 1024;

    /// <summary>Anonymous sessions made in the whole service, while <c>Chat:Anonymous</c> is <c>limited</c>; a tenth of it by one client.</summary>
    public int AnonymousSessionsPerMinute { get; init; } = 120;

    public bool IsValid => Array.TrueForAll([SessionsPerMinutePerIp, FailuresPerMinutePerIp, MessagesPerMinutePerIp], limit => limit is >= 0 and <= 100_000);

    public bool AreRequestsValid => RequestsPerMinutePerIp is 0 or (>= 100 and <= 10_000_000);

    public bool AreBytesValid => BytesPerHourPerIp is 0 or (>= 100_000 and <= 1_000_000_000_000);

    public bool IsTotalValid => AnonymousSessionsPerMinute is >= 1 and <= 100_000;
}

/// <summary>
/// Limits by client, as <see cref="ClientName"/> names them. Most are counted over all nodes; what needs no Redis is counted by this node alone while Redis is away.
/// </summary>
public sealed class ClientLimits(SharedRateLimits permits, IOptions<ClientLimitOptions> options, TimeProvider time) : IDisposable
{
    /// <summary>Clients that have no permit left, until they have: their further tries need not go to Redis.</summary>
    private readonly MemoryCache waiting = new(new MemoryCacheOptions { SizeLimit = 10_000 });

    private const string Failures = "failures", Anonymous = "anonymous", All = "all";

    /// <summary>So many clients at least can use up what all anonymous visitors have.</summary>
    private const int SharesOfTotal = 10;

    private readonly PartitionedRateLimiter<(string Client, int PerMinute)> local =
        PartitionedRateLimiter.Create<(string Client, int PerMinute), (string Client, int PerMinute)>(limit => RateLimitPartition.GetTokenBucketLimiter(limit, Bucket));

    private readonly ClientBucket bytes = new(options.Value.BytesPerHourPerIp, TimeSpan.FromHours(1), time), requests = new(options.Value.RequestsPerMinutePerIp, TimeSpan.FromMinutes(1), time);

    /// <summary>Counts a session that is about to be made, and what it takes. Null when it may be, else how long to wait.</summary>
    public async Task<TimeSpan?> TakeSessionAsync(string client, int size, CancellationToken ct) =>
        await TakeAsync(client, "sessions", options.Value.SessionsPerMinutePerIp, ct) ?? TakeBytes(client, size);

    /// <summary>
    /// Counts an anonymous session among those of its client, which has a tenth of the total and one at least, and among those of the whole service. Null when
    /// it may be made, else how long to wait. While the total is used up the client keeps its share.
    /// </summary>
    public async Task<TimeSpan?> TakeAnonymousSessionAsync(string client, CancellationToken ct)
    {
        var total = options.Value.AnonymousSessionsPerMinute;
        return Waits(All, Anonymous)
            ?? await TakeAsync(client, Anonymous, Math.Max(1, total / SharesOfTotal), ct)
            ?? await TakeAsync(All, Anonymous, total, ct);
    }

    /// <summary>Counts a request whose credential is none or bad. Null when the client may go on, else how long it has to wait.</summary>
    public Task<TimeSpan?> TakeFailureAsync(IPAddress? address, CancellationToken ct) => TakeAsync(ClientName.Of(address), Failures, options.Value.FailuresPerMinutePerIp, ct);

    /// <summary>Counts a message of a visitor. Null when it may be sent, else how long to wait.</summary>
    public TimeSpan? TakeMessage(string client, int size) =>
        (options.Value.MessagesPerMinutePerIp is > 0 and var limit ? TakeHere(client, "messages", limit) : null) ?? TakeBytes(client, size);

    /// <summary>Counts a request of an anonymous visitor. Null when it may be served, else how long to wait.</summary>
    public TimeSpan? TakeRequest(IPAddress? address) => options.Value.RequestsPerMinutePerIp > 0 ? requests.Take(ClientName.Of(address), 1) : null;

    /// <summary>Counts what a request leaves in Redis. Null when there is room for it, else how long to wait.</summary>
    public TimeSpan? TakeBytes(string client, int size) => bytes.Take(client, size);

    /// <summary>Counts what a request has left in Redis, where that is known only afterwards.</summary>
    public void AddBytes(string client, int size) => bytes.Add(client, size);

    public void Dispose()
    {
        waiting.Dispose();
        local.Dispose();
        bytes.Dispose();
        requests.Dispose();
    }

    private async Task<TimeSpan?> TakeAsync(string client, string what, int perMinute, CancellationToken ct)
    {
        if (perMinute == 0)
        {
            return null;
        }

        if (Waits(client, what) is { } left)
        {
            return left;
        }

        try
        {
            var wait = await permits.TakeAsync(client, what, perMinute, ct);
            if (wait is { } pause)
            {
                waiting.Set((client, what), time.GetUtcNow() + pause, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = pause });
            }

            return wait;
        }
        catch (StorageUnavailableException) when (what == Failures)
        {
            return TakeHere(client, what, perMinute);
        }
    }

    /// <summary>For how long a client still has no permit, as far as this node knows.</summary>
    private TimeSpan? Waits(string client, string what) =>
        waiting.TryGetValue((client, what), out DateTimeOffset until) && until - time.GetUtcNow() is { Ticks: > 0 } left ? left : null;

    private TimeSpan? TakeHere(string client, string what, int perMinute)
    {
        using var lease = local.AttemptAcquire((client + what, perMinute));
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1);
    }

    private static TokenBucketRateLimiterOptions Bucket((string Client, int PerMinute) limit) => new()
    {
        TokenLimit = limit.PerMinute,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromMinutes(1) / limit.PerMinute,
    };
}
