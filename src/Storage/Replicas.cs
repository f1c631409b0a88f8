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
    private readonly ConnectionMultiplexer connection;
    private readonly int count, patienceMilliseconds;
    private int failures;

    /// <param name="connection">To be used for what is waited for, and for nothing else.</param>
    /// <param name="count">How many replicas must have a write.</param>
    /// <param name="attemptMilliseconds">What an attempt of the gateway may take; waiting for replicas takes less.</param>
    public Replicas(ConnectionMultiplexer connection, int count, int attemptMilliseconds)
    {
        (this.connection, this.count, patienceMilliseconds) = (connection, count, attemptMilliseconds * 4 / 5);
        connection.ConnectionFailed += (_, _) => Interlocked.Increment(ref failures);
    }

    /// <summary>Writes, and returns once the replicas have it.</summary>
    /// <exception cref="NotReplicatedException">Too few have it in time, or it cannot be known.</exception>
    public async Task<T> WriteAsync<T>(RedisKey key, Func<IDatabase, Task<T>> write)
    {
        try
        {
            return await WriteAndWaitAsync(key, write).WaitAsync(TimeSpan.FromMilliseconds(patienceMilliseconds + (patienceMilliseconds / 8)));
        }
        catch (TimeoutException)
        {
            // Others wait for replicas on this connection, and hold it up. That is no silence of Redis, which would keep reads away from it too.
            throw new NotReplicatedException();
        }
    }

    private async Task<T> WriteAndWaitAsync<T>(RedisKey key, Func<IDatabase, Task<T>> write)
    {
        var failuresBefore = Volatile.Read(ref failures);
        var redis = connection.GetDatabase();
        var writing = write(redis);
        // Since Redis 7.2 WAIT waits for what its connection wrote, and a repeated call may find nothing left to write.
        var marking = redis.StringSetAsync(Keys.Marker(key), "", TimeSpan.FromSeconds(1));
        var written = await writing;
        await marking;
        // A connection made since has written nothing, so every replica would have all of that.
        return await ReachedAsync(key) >= count && failuresBefore == Volatile.Read(ref failures) ? written : throw new NotReplicatedException();
    }

    private async Task<int> ReachedAsync(RedisKey key)
    {
        try
        {
            return (int)await connection.GetServer(key).ExecuteAsync("WAIT", count, patienceMilliseconds);
        }
        catch (Exception e) when (e is RedisServerException or InvalidOperationException)
        {
            // In between it has become a replica, or is gone.
            return 0;
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
