using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>The write is done, but fewer replicas have it than are asked for.</summary>
public sealed class NotReplicatedException() : Exception("Too few replicas have the write.");

/// <summary>
/// Waits until replicas have what was written (WAIT). It has a connection of its own, because WAIT holds up everything behind it on its
/// connection, and because it counts only what its own connection wrote.
/// </summary>
public sealed class Replicas : IAsyncDisposable
{
    /// <summary>Less than an attempt of the gateway may take.</summary>
    private const int PatienceMilliseconds = 400;

    private readonly ConnectionMultiplexer connection;
    private readonly int count;
    private int failures;

    /// <param name="connection">To be used for what is waited for, and for nothing else.</param>
    /// <param name="count">How many replicas must have a write.</param>
    public Replicas(ConnectionMultiplexer connection, int count)
    {
        (this.connection, this.count) = (connection, count);
        connection.ConnectionFailed += (_, _) => Interlocked.Increment(ref failures);
    }

    /// <summary>Writes, and returns once the replicas have it.</summary>
    /// <exception cref="NotReplicatedException">Too few have it in time, or it cannot be known.</exception>
    public async Task<T> WriteAsync<T>(RedisKey key, Func<IDatabase, Task<T>> write)
    {
        var failuresBefore = Volatile.Read(ref failures);
        var written = await write(connection.GetDatabase());
        // A connection made since has written nothing, so every replica would have all of that.
        return await ReachedAsync(key) >= count && failuresBefore == Volatile.Read(ref failures) ? written : throw new NotReplicatedException();
    }

    private async Task<int> ReachedAsync(RedisKey key)
    {
        try
        {
            return (int)await connection.GetServer(key).ExecuteAsync("WAIT", count, PatienceMilliseconds);
        }
        catch (RedisServerException)
        {
            // It has become a replica in between.
            return 0;
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
