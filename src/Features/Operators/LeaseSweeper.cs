using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>
/// Twice a second, on every node: returns to the queue what operators have that stopped calling, and the calls of claims that never came
/// through. Nodes do not agree on who does it; doing it twice changes nothing.
/// </summary>
public sealed partial class LeaseSweeper(
    RosterStore roster, SessionReturner returner, ClaimStore claims, IOptions<ChatOptions> options, TimeProvider time, ILogger<LeaseSweeper> logger)
    : PeriodicService(TimeSpan.FromMilliseconds(500), time, logger)
{
    private long? awaySince, backAt;
    private TimeSpan grace;

    /// <summary>One sweep.</summary>
    public async Task SweepAsync(CancellationToken ct)
    {
        await SweepLeasesAsync(ct);
        await SweepClaimsAsync(ct);
    }

    private async Task SweepLeasesAsync(CancellationToken ct)
    {
        var (at, overdue) = await roster.OverdueAsync(ct);
        foreach (var (operatorId, sessionId) in overdue)
        {
            await TryAsync(
                async ct =>
                {
                    if (await returner.ReturnAsync(sessionId, operatorId, SystemTexts.OperatorGone, "operator_gone", at, ct) is not null)
                    {
                        Log.Returned(logger);
                    }
                },
                ct);
        }
    }

    private async Task SweepClaimsAsync(CancellationToken ct)
    {
        foreach (var department in options.Value.Queues)
        {
            await claims.NextCallAsync(department, "", ct);
        }
    }

    /// <summary>While Redis was away operators could not renew their leases, so they get as much more time afterwards, up to a lease.</summary>
    protected override async Task RoundAsync(CancellationToken ct)
    {
        try
        {
            await SweepClaimsAsync(ct);
            if (awaySince is { } since)
            {
                var lease = TimeSpan.FromSeconds(options.Value.OperatorLeaseSeconds);
                (grace, backAt, awaySince) = (TimeSpan.FromTicks(Math.Min(Time.GetElapsedTime(since).Ticks, lease.Ticks)), Time.GetTimestamp(), null);
            }

            if (backAt is not { } back || Time.GetElapsedTime(back) >= grace)
            {
                await SweepLeasesAsync(ct);
            }
        }
        catch (StorageUnavailableException)
        {
            awaySince ??= Time.GetTimestamp();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "An operator stopped calling: one of its sessions returned to the queue")]
        public static partial void Returned(ILogger logger);
    }
}
