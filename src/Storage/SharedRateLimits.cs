namespace Intotes.Chat.Storage;

/// <summary>Limits that all nodes share, by the clock of Redis.</summary>
public sealed class SharedRateLimits(RedisGateway redis)
{
    /// <summary>Takes one of the permits that a client has each minute.</summary>
    /// <returns>Null when there was one, else how long to wait.</returns>
    /// <exception cref="StorageUnavailableException">No answer within the gateway's limits.</exception>
    public async Task<TimeSpan?> TakeAsync(string client, string what, int perMinute, CancellationToken ct) =>
        (long)await redis.RunAsync(Scripts.take_permit, [Keys.PermitsOf(client, what)], [perMinute], ct) is > 0 and var wait
            ? TimeSpan.FromMilliseconds(wait)
            : null;
}
