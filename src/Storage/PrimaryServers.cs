using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>The servers that take writes: of a Cluster those with slots, elsewhere each that is no replica.</summary>
internal static class PrimaryServers
{
    /// <summary>Those that are connected.</summary>
    public static IEnumerable<IServer> Of(IConnectionMultiplexer connection)
    {
        var owners = Cluster(connection)?.Nodes.Where(IsPrimary).Select(node => node.EndPoint).ToHashSet();
        return connection.GetServers().Where(server => server.IsConnected && (owners?.Contains(server.EndPoint) ?? !server.IsReplica));
    }

    /// <summary>The Cluster as its servers say it is; null elsewhere.</summary>
    public static ClusterConfiguration? Cluster(IConnectionMultiplexer connection) =>
        Array.Find(connection.GetServers(), server => server is { IsConnected: true, ServerType: ServerType.Cluster })?.ClusterConfiguration;

    public static bool IsPrimary(ClusterNode node) => !node.IsReplica && node.Slots.Count > 0;

    /// <summary>Asks each of them, and leaves out those that do not answer within the patience. Throws what one of them ran into where none answers.</summary>
    public static async Task<IReadOnlyList<T>> AskAsync<T>(IConnectionMultiplexer connection, TimeSpan patience, Func<IServer, Task<T>> ask)
    {
        List<T> answers = [];
        Exception? silence = null;
        await foreach (var asked in Task.WhenEach(Of(connection).Select(server => ask(server).WaitAsync(patience))))
        {
            if (asked.IsCompletedSuccessfully)
            {
                answers.Add(await asked);
            }
            else
            {
                silence = asked.Exception?.InnerException;
            }
        }

        return answers.Count > 0 ? answers : throw silence ?? new TimeoutException("No primary is connected.");
    }
}
