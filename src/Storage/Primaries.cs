using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>The servers that take writes: one, or those of a Cluster.</summary>
internal static class Primaries
{
    /// <summary>Asks them all, and returns how many have answered as soon as half of them have; throws what the others ran into once that cannot be any more.</summary>
    public static async Task<int> PingAsync(IDatabase redis)
    {
        var pings = Of(redis.Multiplexer).Select(server => server.PingAsync()).ToList();
        if (pings.Count == 0)
        {
            pings.Add(redis.PingAsync(CommandFlags.DemandMaster));
        }

        var answered = 0;
        await foreach (var ping in Task.WhenEach(pings))
        {
            answered += ping.IsCompletedSuccessfully ? 1 : 0;
            if (answered * 2 >= pings.Count)
            {
                break;
            }
        }

        // Those that are left have failed, or they are no longer waited for.
        return answered * 2 >= pings.Count ? answered : (await Task.WhenAll(pings)).Length;
    }

    /// <summary>
    /// In a Cluster, whoever has slots, connected or not. Elsewhere whoever is connected and no replica: of one that is not connected the client
    /// no longer knows what it was.
    /// </summary>
    private static IEnumerable<IServer> Of(IConnectionMultiplexer connection)
    {
        var servers = connection.GetServers();
        var cluster = Array.Find(servers, server => server is { IsConnected: true, ServerType: ServerType.Cluster })?.ClusterConfiguration;
        var owners = cluster?.Nodes.Where(node => !node.IsReplica && node.Slots.Count > 0).Select(node => node.EndPoint).ToHashSet();
        return servers.Where(server => owners?.Contains(server.EndPoint) ?? server is { IsConnected: true, IsReplica: false });
    }
}
