using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Hosting;

/// <summary>How much one client, and all clients of a node, may read of whole conversations; section <c>Chat:Limits</c>. 0 for any number.</summary>
public sealed class ReadLimitOptions
{
    /// <summary>Conversations that one client reads at once.</summary>
    public int ReadersPerClient { get; init; } = 8;

    /// <summary>Conversations that a node writes at once to anonymous visitors and, counted apart, to all who have signed in.</summary>
    public int ReadersAtOnce { get; init; } = 256;

    /// <summary>Megabytes that one client reads of conversations in a minute.</summary>
    public int ReadMegabytesPerMinute { get; init; } = 64;

    public bool IsValid => Array.TrueForAll([ReadersPerClient, ReadersAtOnce, ReadMegabytesPerMinute], limit => limit is >= 0 and <= 100_000);
}

/// <summary>
/// Limits the reading of whole conversations (histories, transcripts, an operator's view of a session), which are small requests with large answers. Each node
/// counts alone, so that it costs no round trip. A client is an account or operator, or else an address. Who finds no place waits a second for one.
/// </summary>
public sealed class ReadLimits : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Texts of one poll or event that are talk, and not the reading of a conversation (bytes).</summary>
    public const int Talk = 4 * 1024;

    /// <summary>Clients whose bytes are remembered, and requests that wait for a place, of one client and of all.</summary>
    private const int MostClients = 10_000, MostWaiting = 512;

    /// <summary>
    /// A client that takes its answer more slowly is cut off, after five seconds' grace for each chunk: its place is one of few. While more than half of the
    /// anonymous places are taken, anonymous readers that come have to be faster, or a few dozen slow clients would keep all places for long.
    /// </summary>
    private static readonly MinDataRate UsefulRate = new(bytesPerSecond: 8 * 1024, TimeSpan.FromSeconds(5)), CrowdedRate = new(bytesPerSecond: 64 * 1024, TimeSpan.FromSeconds(5));

    private readonly ReadLimitOptions options;
    private readonly TimeProvider time;
    private readonly long started;
    private readonly PartitionedRateLimiter<string> perClient;
    private readonly ConcurrencyLimiter anonymous, signedIn;
    private readonly MemoryCache paidUntil = new(new MemoryCacheOptions { SizeLimit = MostClients });
    private readonly Lock gate = new();

    /// <summary>When (ticks since the start) the last debt of any client will be paid off.</summary>
    private long debtUntil;

    public ReadLimits(IOptions<ReadLimitOptions> options, TimeProvider time)
    {
        (this.options, this.time, started) = (options.Value, time, time.GetTimestamp());
        perClient = PartitionedRateLimiter.Create<string, string>(client => RateLimitPartition.GetConcurrencyLimiter(client, _ => Of(options.Value.ReadersPerClient)));
        (anonymous, signedIn) = (new(Of(options.Value.ReadersAtOnce)), new(Of(options.Value.ReadersAtOnce)));
    }

    /// <summary>A place, which the request keeps until it ends; or else why there is none.</summary>
    public async Task<(ReadPlace? Place, Problem? Refusal)> EnterAsync(HttpContext http)
    {
        var user = http.User.FindFirst("sub")?.Value;
        var client = ClientOf(http, user);
        if (Debt(client) is { Ticks: > 0 } debt)
        {
            return (null, Problem.RateLimited.After(debt));
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        patience.CancelAfter(Patience);
        if (await TryAsync(perClient.AcquireAsync(client, 1, patience.Token), http.RequestAborted) is not { } own)
        {
            return (null, Problem.RateLimited.After(Patience));
        }

        if (await TryAsync((user is null ? anonymous : signedIn).AcquireAsync(1, patience.Token), http.RequestAborted) is not { } shared)
        {
            own.Dispose();
            return (null, Problem.Busy);
        }

        http.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = user is null && IsCrowded ? CrowdedRate : UsefulRate;
        var place = new ReadPlace(bytes => Count(client, bytes), own, shared);
        http.Response.RegisterForDispose(place);
        return (place, null);
    }

    /// <summary>The client that a request comes from.</summary>
    public static string ClientOf(HttpContext http, string? user) => user is null ? ClientName.Of(http.Connection.RemoteIpAddress) : "user " + user;

    /// <summary>Whether any client has read all that it may for now. Costs one read of memory.</summary>
    public bool IsAnybodyInDebt => Volatile.Read(ref debtUntil) > Now.Ticks;

    /// <summary>Whether a client has read all that it may for now.</summary>
    public bool IsInDebt(string client) => Debt(client) > TimeSpan.Zero;

    /// <summary>Counts the texts of a poll or an event, where they are more than talk. Null when the client may have them, else how long to wait.</summary>
    public TimeSpan? TakeAnswer(string client, int bytes)
    {
        if (bytes <= Talk)
        {
            return null;
        }

        if (Debt(client) is { Ticks: > 0 } debt)
        {
            return debt;
        }

        Count(client, bytes);
        return null;
    }

    public void Dispose()
    {
        perClient.Dispose();
        anonymous.Dispose();
        signedIn.Dispose();
        paidUntil.Dispose();
    }

    private bool IsCrowded => options.ReadersAtOnce > 0 && anonymous.GetStatistics()!.CurrentAvailablePermits < options.ReadersAtOnce / 2;

    private static async Task<RateLimitLease?> TryAsync(ValueTask<RateLimitLease> acquiring, CancellationToken aborted)
    {
        try
        {
            var lease = await acquiring;
            return lease.IsAcquired ? lease : null;
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return null;
        }
    }

    private static ConcurrencyLimiterOptions Of(int places) => places == 0
        ? new() { PermitLimit = int.MaxValue }
        : new() { PermitLimit = places, QueueLimit = MostWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst };

    /// <summary>Since the start, so that a clock that is set back makes nobody wait longer.</summary>
    private TimeSpan Now => time.GetElapsedTime(started);

    /// <summary>GCRA with bytes, which are known only once they were read: a client may begin while what it has read lies within a minute's allowance.</summary>
    private TimeSpan Debt(string client) =>
        paidUntil.TryGetValue(client, out TimeSpan until) ? until - TimeSpan.FromMinutes(1) - Now : TimeSpan.Zero;

    private void Count(string client, long bytes)
    {
        if (options.ReadMegabytesPerMinute == 0 || bytes == 0)
        {
            return;
        }

        var cost = TimeSpan.FromMinutes(bytes / (options.ReadMegabytesPerMinute * 1024.0 * 1024.0));
        lock (gate)
        {
            var now = Now;
            var until = (paidUntil.TryGetValue(client, out TimeSpan known) && known > now ? known : now) + cost;
            Volatile.Write(ref debtUntil, Math.Max(debtUntil, (until - TimeSpan.FromMinutes(1)).Ticks));
            paidUntil.Set(client, until, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = until - now + TimeSpan.FromSeconds(1) });
        }
    }
}

/// <summary>A client's place among those that read conversations; it is left when the request ends.</summary>
public sealed class ReadPlace(Action<long> count, params IDisposable[] places) : IDisposable
{
    /// <summary>Counts bytes that were read for the client.</summary>
    public void Count(long bytes) => count(bytes);

    public void Dispose() => Array.ForEach(places, place => place.Dispose());
}
