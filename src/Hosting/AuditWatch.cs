using Intotes.Chat.Storage;

namespace Intotes.Chat.Hosting;

/// <summary>Keeps the audit stream as small as it has to be.</summary>
public sealed class AuditWatch(AuditSize size, TimeProvider time, ILogger<AuditWatch> logger) : PeriodicService(TimeSpan.FromMinutes(5), time, logger)
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await TryAsync(RoundAsync, stoppingToken);
        await base.ExecuteAsync(stoppingToken);
    }

    protected override Task RoundAsync(CancellationToken ct) => size.TrimAsync(ct);
}
