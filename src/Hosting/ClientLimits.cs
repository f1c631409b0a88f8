using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Hosting;

/// <summary>How often one client address may do what costs us most; section <c>Chat:Limits</c>. 0 for any number.</summary>
public sealed class ClientLimitOptions
{
    /// <summary>Sessions made.</summary>
    public int SessionsPerMinutePerIp { get; init; } = 30;

    /// <summary>Requests whose credential is none or bad.</summary>
    public int FailuresPerMinutePerIp { get; init; } = 60;

    /// <summary>Messages sent, over all sessions; counted by each node alone, so that it costs a message no round trip.</summary>
    public int MessagesPerMinutePerIp { get; init; } = 600;

    public bool IsValid => Array.TrueForAll([SessionsPerMinutePerIp, FailuresPerMinutePerIp, MessagesPerMinutePerIp], limit => limit is >= 0 and <= 100_000);
}

/// <summary>
/// Limits by client address, counted over all nodes; what needs no Redis is counted by this node alone while Redis is away. An IPv6 client is its /64 network, for it has
/// all addresses there (RFC 6177).
/// </summary>
public sealed class ClientLimits(Permits permits, IOptions<ClientLimitOptions> options, TimeProvider time) : IDisposable
{
    /// <summary>Clients that have no permit left, until they have: their further tries need not go to Redis.</summary>
    private readonly MemoryCache waiting = new(new MemoryCacheOptions { SizeLimit = 10_000 });

    private const string Failures = "failures";

    private readonly PartitionedRateLimiter<(string Client, int PerMinute)> local =
        PartitionedRateLimiter.Create<(string Client, int PerMinute), (string Client, int PerMinute)>(limit => RateLimitPartition.GetTokenBucketLimiter(limit, Bucket));

    /// <summary>Counts a session that is about to be made. Null when it may be, else how long to wait.</summary>
    public Task<TimeSpan?> TakeSessionAsync(IPAddress? address, CancellationToken ct) => TakeAsync(address, "sessions", options.Value.SessionsPerMinutePerIp, ct);

    /// <summary>Counts a request whose credential is none or bad. Null when the client may go on, else how long it has to wait.</summary>
    public Task<TimeSpan?> TakeFailureAsync(IPAddress? address, CancellationToken ct) => TakeAsync(address, Failures, options.Value.FailuresPerMinutePerIp, ct);

    /// <summary>Counts a message of a visitor. Null when it may be sent, else how long to wait.</summary>
    public TimeSpan? TakeMessage(IPAddress? address) =>
        options.Value.MessagesPerMinutePerIp is > 0 and var limit ? TakeHere(NameOf(address), "messages", limit) : null;

    public void Dispose()
    {
        waiting.Dispose();
        local.Dispose();
    }

    private async Task<TimeSpan?> TakeAsync(IPAddress? address, string what, int perMinute, CancellationToken ct)
    {
        if (perMinute == 0)
        {
            return null;
        }

        var client = NameOf(address);
        if (waiting.TryGetValue((client, what), out DateTimeOffset until) && until - time.GetUtcNow() is { Ticks: > 0 } left)
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

    /// <summary>The name under which an address counts: the address, or the /64 network of an IPv6 address.</summary>
    public static string NameOf(IPAddress? address)
    {
        if (address is null)
        {
            return "unknown";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes(), 0, 8) : address.ToString();
    }
}
