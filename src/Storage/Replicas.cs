using System.Collections.Concurrent;
using System.Net;
using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>The write is done, but fewer replicas have it than are asked for.</summary>
public sealed class NotReplicatedException() : Exception("Too few replicas have the write.");

/// <summary>
/// Waits until replicas have what was written (WAIT). A script that is to be kept writes a marker of its own together with its data. A second connection
/// then asks the server that holds the slot for that marker, and counts its replicas. A server that has the marker has the data, so it does not matter
/// whether the map of slots was stale, a redirect was followed, or a server failed over or restarted meanwhile.
/// The connection is a second one because WAIT holds up every command behind it.
/// </summary>
/// <param name="connection">Used for WAIT and for nothing else.</param>
/// <param name="writes">The connection that writes; it knows best where a slot is now.</param>
/// <param name="options">How many replicas must have a write, and how long a call may take.</param>
public sealed class Replicas(ConnectionMultiplexer connection, ConnectionMultiplexer writes, RedisOptions options) : IAsyncDisposable
{
    /// <summary>For one marker.</summary>
    private const int MostServersAsked = 3;

    /// <summary>The time that a write still has which took nearly all of it.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<EndPoint, ReplicaRounds> rounds = new();
    private readonly TimeSpan wait = TimeSpan.FromMilliseconds(options.AttemptMilliseconds * 0.8), total = TimeSpan.FromMilliseconds(options.TotalMilliseconds);
    private readonly int database = connection.GetDatabase().Database;

    /// <summary>Waits until enough replicas have a write; false where too few have it in time, or it cannot be known.</summary>
    /// <param name="marker">The key that the write left besides its data.</param>
    /// <param name="took">How long the write took: both together are not to take longer than a call may.</param>
    public async Task<bool> HaveAsync(RedisKey marker, TimeSpan took)
    {
        try
        {
            var (patience, left) = (wait + (wait / 8), total - took);
            return await IsKeptAsync(marker).WaitAsync(left > patience ? patience : left > Least ? left : Least);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task<bool> IsKeptAsync(RedisKey marker)
    {
        var kept = Kept.Elsewhere;
        for (var asked = 0; kept == Kept.Elsewhere && asked < MostServersAsked; asked++)
        {
            // A server that does not hold the slot says so, and this connection's map of slots is right from then on.
            kept = Holder(marker, asked) is { } server ? await RoundsOf(server).AskAsync(marker) : Kept.No;
        }

        return kept == Kept.Yes;
    }

    private ReplicaRounds RoundsOf(IServer server) =>
        rounds.GetOrAdd(server.EndPoint, static (_, made) => new ReplicaRounds(made.server, made.database, made.count, made.wait), (server, database, count: options.WaitReplicas, wait));

    /// <summary>
    /// First the server that has just taken the write. Then the one of this connection's own map; and at last the same even if the client takes it for a
    /// replica still, for it would prefer the server whose replica it was.
    /// </summary>
    private IServer? Holder(RedisKey marker, int asked)
    {
        try
        {
            return asked == 0 && connection.GetServers().FirstOrDefault(Is(writes.GetServer(marker))) is { } server
                ? server
                : connection.GetServer(marker, flags: asked < MostServersAsked - 1 ? CommandFlags.PreferMaster : CommandFlags.PreferReplica);
        }
        catch (Exception e) when (e is RedisException or InvalidOperationException)
        {
            // No server is connected.
            return null;
        }
    }

    private static Func<IServer, bool> Is(IServer wanted) => server => server.IsConnected && server.EndPoint.Equals(wanted.EndPoint);
}
