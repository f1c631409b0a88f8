using Intotes.Chat.Storage;

namespace Intotes.Chat.Hosting;

/// <summary>Renews what this node knows of Redis's memory.</summary>
public sealed class MemoryWatch(RedisMemory memory, TimeProvider time, ILogger<MemoryWatch> logger) : PeriodicService(TimeSpan.FromSeconds(3), time, logger)
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await TryAsync(RoundAsync, stoppingToken);
        await base.ExecuteAsync(stoppingToken);
    }

    protected override Task RoundAsync(CancellationToken ct) => memory.ReadAsync(ct);
}
