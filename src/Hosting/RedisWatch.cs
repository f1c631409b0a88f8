using Intotes.Chat.Storage;

namespace Intotes.Chat.Hosting;

/// <summary>Renews what this node knows of the servers of Redis: their memory, their state, and whether their data is still there.</summary>
public sealed class RedisWatch(RedisMemory memory, RedisServers servers, DataSetMarks marks, TimeProvider time, ILogger<RedisWatch> logger)
    : PeriodicService(TimeSpan.FromSeconds(3), time, logger)
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await RoundAsync(stoppingToken);
        await base.ExecuteAsync(stoppingToken);
    }

    protected override async Task RoundAsync(CancellationToken ct)
    {
        await TryAsync(memory.ReadAsync, ct);
        await TryAsync(servers.ReadAsync, ct);
        await TryAsync(marks.CheckAsync, ct);
    }
}
