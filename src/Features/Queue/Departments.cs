using System.Collections.Concurrent;
using Intotes.Chat.Hosting;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Queue;

/// <summary>
/// The departments whose queues are served: those of the settings and, until their queues are empty, those that the settings no longer have. Every node
/// lists its departments in Redis, so that a node with other settings finds them.
/// </summary>
public sealed partial class Departments(QueueStore queue, DepartmentStore store, IOptions<ChatOptions> options, TimeProvider time, ILogger<Departments> logger)
    : PeriodicService(TimeSpan.FromSeconds(5), time, logger)
{
    /// <summary>So often the list in Redis is renewed.</summary>
    private static readonly TimeSpan Renewal = TimeSpan.FromMinutes(10);

    private readonly IReadOnlyList<string> configured = options.Value.Queues;
    private readonly ConcurrentDictionary<string, bool> named = new();
    private volatile IReadOnlyList<string> served = options.Value.Queues;
    private long? renewedAt;

    /// <summary>The departments of the settings first.</summary>
    public IReadOnlyList<string> Served => served;

    /// <summary>
    /// Those that an operator serves. A queue that is only served until it is empty is every operator's whose token does not name the departments it may
    /// serve, or names this one too.
    /// </summary>
    public IEnumerable<string> ServedBy(RosterEntry entry) => served.Where(department => IsFormer(department) ? entry.IsGranted(department) : entry.Serves(department));

    /// <summary>Those that an operator's token lets it serve.</summary>
    public IEnumerable<string> GrantedTo(Caller.Operator caller) => served.Where(caller.MayServe);

    /// <summary>A call waits in this department. If the settings do not have it, its queue is served from now on.</summary>
    public void Note(string department)
    {
        if (!served.Contains(department) && named.TryAdd(department, true))
        {
            lock (named)
            {
                served = [.. served.Append(department).Distinct()];
            }

            Log.Found(logger, department);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await TryAsync(RoundAsync, stoppingToken);
        await base.ExecuteAsync(stoppingToken);
    }

    protected override async Task RoundAsync(CancellationToken ct)
    {
        if (renewedAt is not { } at || Time.GetElapsedTime(at) >= Renewal)
        {
            await store.AddAsync(configured, ct);
            renewedAt = Time.GetTimestamp();
        }

        var former = named.Keys.ToList();
        if (former.Count > 0)
        {
            await store.AddAsync(former, ct);
        }

        foreach (var department in (await store.ReadAsync(ct)).Where(IsFormer))
        {
            var count = (await queue.CountAsync(department, ct)).Count;
            if (count > 0 && !served.Contains(department))
            {
                Log.Former(logger, department, count);
            }

            SetServed(department, count > 0);
        }
    }

    private bool IsFormer(string department) => !configured.Contains(department);

    private void SetServed(string department, bool isServed)
    {
        lock (named)
        {
            named.TryRemove(department, out _);
            var others = served.Where(d => d != department);
            served = isServed ? [.. others.Append(department)] : [.. others];
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The queue of department {Department}, which is not in the settings, holds {Count} calls; it is served until it is empty")]
        public static partial void Former(ILogger logger, string department, int count);

        [LoggerMessage(LogLevel.Warning, "A call waits in department {Department}, which is not in the settings; the queue is served until it is empty")]
        public static partial void Found(ILogger logger, string department);
    }
}
