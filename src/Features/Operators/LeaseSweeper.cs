using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Operators;

/// <summary>
/// Twice a second, on every node: returns to the queue what operators have that stopped calling, and keeps the queues in order. Nodes do not agree on who does it; doing it twice changes nothing.
/// </summary>
public sealed partial class LeaseSweeper(
    RosterStore roster, SessionReturner returner, QueueSweeper queues, IOptions<ChatOptions> options, TimeProvider time, ILogger<LeaseSweeper> logger)
    : PeriodicService(TimeSpan.FromMilliseconds(500), time, logger)
{
    /// <summary>Operators, and members of the index, that one sweep looks at.</summary>
    private const int Most = 100;

    private long? awaySince, backAt;
    private SweepMark mark = SweepMark.Start;
    private TimeSpan grace;

    /// <summary>One sweep of everything.</summary>
    public async Task SweepAsync(CancellationToken ct)
    {
        await ReturnAsync(await roster.OverdueAsync(ct), ct);
        await queues.SweepAsync(findsGone: true, ct);
    }

    /// <summary>A part of the index each time; whose lease has run out since the last time is found at once.</summary>
    private async Task SweepLeasesAsync(CancellationToken ct)
    {
        var overdue = await roster.OverdueAsync(mark, Most, ct);
        await ReturnAsync(overdue, ct);
        mark = overdue.Next;
    }

    private async Task ReturnAsync(Overdue overdue, CancellationToken ct)
    {
        foreach (var (operatorId, sessionId) in overdue.Sessions)
        {
            await TryAsync(
                async ct =>
                {
                    if (await returner.ReturnAsync(sessionId, operatorId, SystemTexts.OperatorGone, "operator_gone", overdue.At, ct) is not null)
                    {
                        Log.Returned(logger);
                    }
                },
                ct);
        }
    }

    /// <summary>While Redis was away operators could not renew their leases, so they get as much more time afterwards, up to a lease.</summary>
    protected override async Task RoundAsync(CancellationToken ct)
    {
        try
        {
            await queues.SweepAsync(ct);
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
