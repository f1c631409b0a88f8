using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>Whether enough replicas have a write; <see cref="Elsewhere"/> where the server that was asked does not hold its slot.</summary>
internal enum Kept
{
    No,
    Yes,
    Elsewhere,
}

/// <summary>
/// Counts the replicas of one server. Writes that come while a WAIT is under way share the next one, so a server whose replicas are slow or gone has one
/// WAIT outstanding, however many write there, and holds up no other server.
/// </summary>
internal sealed class ReplicaRounds(IServer server, int database, int count, TimeSpan wait)
{
    /// <summary>More than wait here at once are refused, so that a server without replicas does not fill the memory.</summary>
    internal const int MostWaiting = 10_000;

    /// <summary>In a script, because after a failover the client takes the new primary for a replica for some seconds more, and sends it no plain write.</summary>
    private const string RemovesMarker = "return redis.call('UNLINK', KEYS[1])";

    private readonly Lock gate = new();
    private List<Write> next = [];
    private bool isUnderWay;

    public Task<Kept> AskAsync(RedisKey marker)
    {
        var write = new Write(marker);
        lock (gate)
        {
            if (next.Count >= MostWaiting)
            {
                return Task.FromResult(Kept.No);
            }

            next.Add(write);
            if (isUnderWay)
            {
                return write.Answer.Task;
            }

            isUnderWay = true;
        }

        _ = RunAsync();
        return write.Answer.Task;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            List<Write> round;
            lock (gate)
            {
                if (next.Count == 0)
                {
                    isUnderWay = false;
                    return;
                }

                (round, next) = (next, []);
            }

            await RunAsync(round);
        }
    }

    /// <summary>
    /// Removes the markers and waits for replicas, in one go. A server that has no such marker, or does not hold its slot any more, has not got the write.
    /// WAIT counts the replicas that have what its own connection wrote, so it must be the very connection that removed the markers.
    /// </summary>
    private async Task RunAsync(List<Write> round)
    {
        var connections = Connections();
        var removals = round.ConvertAll(write => TryAsync("EVAL", RemovesMarker, 1, write.Marker));
        var waited = await TryAsync("WAIT", count, (long)wait.TotalMilliseconds);
        var isReached = waited.Reply >= count && connections == Connections();
        for (var n = 0; n < round.Count; n++)
        {
            var removal = await removals[n];
            round[n].Answer.SetResult(removal.IsElsewhere ? Kept.Elsewhere : isReached && removal.Reply == 1 ? Kept.Yes : Kept.No);
        }
    }

    /// <summary>How often this client has connected to the server; it grows before a new connection takes its first command.</summary>
    private long Connections() => server.GetCounters().Interactive.SocketCount;

    private async Task<(long Reply, bool IsElsewhere)> TryAsync(string command, params object[] arguments)
    {
        try
        {
            return ((long)await server.ExecuteAsync(database, command, arguments, CommandFlags.NoRedirect), false);
        }
        catch (RedisServerException e) when (e.Kind == RedisErrorKind.Moved)
        {
            return (0, true);
        }
        catch (Exception)
        {
            // It is away, has become a replica, or this service stops. In each case the write is not known to be kept, and the next round has its own chance.
            return (0, false);
        }
    }

    private sealed record Write(RedisKey Marker)
    {
        public TaskCompletionSource<Kept> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
