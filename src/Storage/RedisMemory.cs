using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>Memory of one primary, as it said itself.</summary>
/// <param name="UsedBytes">Memory that counts towards the maximum: without the buffers for replicas and for the append-only file.</param>
/// <param name="MaximumBytes"><c>maxmemory</c>; 0 where there is no limit.</param>
public sealed record ServerMemory(EndPoint Server, long UsedBytes, long MaximumBytes)
{
    /// <summary>Used share of the maximum; 0 where there is none.</summary>
    public double Share => MaximumBytes > 0 ? (double)UsedBytes / MaximumBytes : 0;

    /// <param name="server">The server that answered.</param>
    /// <param name="info">The reply to INFO memory.</param>
    public static ServerMemory From(EndPoint server, string info)
    {
        var fields = info.Split("\r\n").Select(line => line.Split(':')).Where(field => field.Length == 2).ToDictionary(field => field[0], field => field[1]);
        long Bytes(string name) => long.TryParse(fields.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;
        return new ServerMemory(server, Math.Max(0, Bytes("used_memory") - Bytes("mem_not_counted_for_evict")), Bytes("maxmemory"));
    }
}

/// <summary>How full Redis is. <c>RedisWatch</c> renews it every few seconds, so that asking costs a request nothing.</summary>
public sealed class RedisMemory(RedisConnection connection, RedisGateway redis, TimeProvider time)
{
    /// <summary>After so long without a reading nothing counts as full: writes then fail or succeed by themselves.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(30);

    private static readonly Reading Nothing = new([], [], 0);

    private volatile Reading last = Nothing;

    /// <summary>The primaries; none while they are unknown.</summary>
    public IReadOnlyList<ServerMemory> Servers => Current.Servers;

    /// <summary>Used memory of all primaries; 0 while unknown.</summary>
    public long UsedBytes => Servers.Sum(server => server.UsedBytes);

    /// <summary>The most that all primaries together may use; 0 while unknown, or where one has no limit.</summary>
    public long MaximumBytes => Servers.All(server => server.MaximumBytes > 0) ? Servers.Sum(server => server.MaximumBytes) : 0;

    /// <summary>Used share of the fullest primary; 0 while unknown.</summary>
    public double Share => Current.Fullest;

    /// <summary>Used share of the primary that has this key; 0 while unknown.</summary>
    public double ShareOf(string key)
    {
        var (servers, slots, _) = Current;
        if (slots.Count == 0)
        {
            return servers.Count > 0 ? servers[0].Share : 0;
        }

        var slot = connection.Multiplexer.HashSlot(key);
        foreach (var (from, to, share) in slots)
        {
            if (from <= slot && slot <= to)
            {
                return share;
            }
        }

        return 0;
    }

    /// <summary>Asks every primary once.</summary>
    /// <exception cref="StorageUnavailableException">None answered.</exception>
    public async Task ReadAsync(CancellationToken ct)
    {
        var answers = await redis.AskPrimariesAsync("INFO", static async server => ServerMemory.From(server.EndPoint, (string)(await server.ExecuteAsync("INFO", "memory"))!), ct);
        var primaries = PrimaryServers.Of(connection.Multiplexer).Select(primary => primary.EndPoint).ToHashSet();
        // One that gave no answer this time is taken as it was before.
        List<ServerMemory> servers = [.. answers, .. Servers.Where(before => primaries.Contains(before.Server) && answers.All(answer => !answer.Server.Equals(before.Server)))];
        var slots = PrimaryServers.Cluster(connection.Multiplexer)?.Nodes.Where(PrimaryServers.IsPrimary)
            .SelectMany(node => node.Slots.Select(range => (range.From, range.To, servers.Find(server => server.Server.Equals(node.EndPoint))?.Share ?? 0)));
        last = new Reading(servers, [.. slots ?? []], time.GetTimestamp());
    }

    private Reading Current => last is { At: > 0 } reading && time.GetElapsedTime(reading.At) < GoodFor ? reading : Nothing;

    /// <param name="Slots">Of a Cluster: how full the primary of each range of slots is.</param>
    private sealed record Reading(IReadOnlyList<ServerMemory> Servers, IReadOnlyList<(int From, int To, double Share)> Slots, long At)
    {
        public double Fullest { get; } = Servers.Count > 0 ? Servers.Max(server => server.Share) : 0;
    }
}
