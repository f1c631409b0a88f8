using Intotes.Chat.Storage;

namespace Intotes.Chat.Hosting;

/// <summary>
/// Does something again and again, on every node. A round that fails is logged and the next one goes on: nothing that one round meets may
/// end the service.
/// </summary>
public abstract partial class PeriodicService(TimeSpan period, TimeProvider time, ILogger logger) : BackgroundService
{
    protected TimeProvider Time => time;

    protected abstract Task RoundAsync(CancellationToken ct);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(period, time);
        while (await NextAsync(ticks, stoppingToken))
        {
            await TryAsync(RoundAsync, stoppingToken);
        }
    }

    /// <summary>Does a part of a round, so that its failure leaves the other parts alone.</summary>
    protected async Task TryAsync(Func<CancellationToken, Task> part, CancellationToken ct)
    {
        try
        {
            await part(ct);
        }
        catch (Exception e) when (e is StorageUnavailableException || ct.IsCancellationRequested)
        {
            // The gateway has said that Redis is away; or the service stops.
        }
        catch (Exception e)
        {
            Log.Failed(logger, e);
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer ticks, CancellationToken stoppingToken)
    {
        try
        {
            return await ticks.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A periodic task failed; it goes on with the next round")]
        public static partial void Failed(ILogger logger, Exception error);
    }
}
