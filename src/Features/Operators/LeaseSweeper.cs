using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>
/// Twice a second, on every node: returns to the queue what operators have that stopped calling, and the calls of claims that never came
/// through. Nodes do not agree on who does it; doing it twice changes nothing.
/// </summary>
public sealed partial class LeaseSweeper(
    RosterStore roster, SessionReturner returner, ClaimStore claims, IOptions<ChatOptions> options, TimeProvider time, ILogger<LeaseSweeper> logger)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    /// <summary>One sweep.</summary>
    /// <exception cref="StorageUnavailableException">Redis does not answer; the next sweep goes on.</exception>
    public async Task SweepAsync(CancellationToken ct)
    {
        foreach (var (operatorId, sessionId) in await roster.OverdueAsync(ct))
        {
            if (await returner.ReturnAsync(sessionId, operatorId, SystemTexts.OperatorGone, "operator_gone", ct) is not null)
            {
                Log.Returned(logger);
            }
        }

        foreach (var department in options.Value.Queues)
        {
            await claims.NextCallAsync(department, ct);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(Period, time);
        while (await ticks.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (StorageUnavailableException)
            {
                // The gateway has said so; the next sweep goes on.
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "An operator stopped calling: one of its sessions returned to the queue")]
        public static partial void Returned(ILogger logger);
    }
}
