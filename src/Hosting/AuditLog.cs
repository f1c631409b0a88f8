using System.Collections.Frozen;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Caching.Memory;

namespace Intotes.Chat.Hosting;

/// <summary>
/// Records who did what. An action is recorded before its answer; where Redis does not take the entry, the background writer tries again for a minute, and
/// a loss is counted and logged. Looks and refused attempts are recorded after the answer, which they can neither delay nor fail.
/// </summary>
public sealed partial class AuditLog(
    AuditStore store, BackgroundWriter background, SecurityEvents security, ChatMetrics metrics, TimeProvider time, ILogger<AuditLog> logger) : IDisposable
{
    /// <summary>Refused attempts that are recorded of one caller, and of all callers of this node. Every one is counted as a security event.</summary>
    public const int RefusalsPerMinute = 30, RefusalsPerMinuteInAll = 300;

    /// <summary>A second apart, while Redis is away.</summary>
    private const int Attempts = 60;

    private static readonly FrozenSet<string> Decisions =
        ["claimed", "released", "transferred", "closed", "blocked", "unblocked", "account_erased", "anonymous_set"];

    private const int MostLooksRemembered = 10_000;

    private static readonly TimeSpan SameLook = TimeSpan.FromSeconds(30), SameLookByPoll = TimeSpan.FromMinutes(10);

    private readonly MemoryCache looks = new(new MemoryCacheOptions { SizeLimit = MostLooksRemembered });
    private readonly PartitionedRateLimiter<string> refusals = PartitionedRateLimiter.CreateChained(
        PartitionedRateLimiter.Create<string, string>(static who => RateLimitPartition.GetTokenBucketLimiter(who, static _ => Bucket(RefusalsPerMinute))),
        PartitionedRateLimiter.Create<string, string>(static _ => RateLimitPartition.GetTokenBucketLimiter("", static _ => Bucket(RefusalsPerMinuteInAll))));
    private readonly LogPace pace = new(time);

    /// <summary>Records an action. Await it before the answer; it never fails.</summary>
    /// <param name="by">The caller.</param>
    /// <param name="what">One word, such as <c>claimed</c>.</param>
    /// <param name="sessionId">The session that it was done to.</param>
    /// <param name="userId">The account that it was done to.</param>
    /// <param name="detail">Words of the service and ids of operators, never a text that somebody wrote.</param>
    public async Task RecordAsync(ClaimsPrincipal by, string what, string? sessionId = null, string? userId = null, string? detail = null)
    {
        var entry = Entry(Decisions.Contains(what) ? AuditKind.Decision : AuditKind.Action, by, what, sessionId) with { UserId = userId, Detail = detail };
        try
        {
            // To the end, even if the client disconnects: the action is done.
            await AddAsync(entry);
        }
        catch (Exception e)
        {
            if (e is not StorageUnavailableException && pace.IsDue("failed", out var unsaid))
            {
                Log.Failed(logger, unsaid, e);
            }

            Post(entry);
        }
    }

    /// <summary>Records a look, once in half a minute for each caller and session: a console that refreshes what it shows is one look.</summary>
    public void Look(ClaimsPrincipal by, string what, string? sessionId = null, string? userId = null) => Look(by, what, sessionId, userId, SameLook);

    /// <summary>Records that polls or events have shown what was said before, once in ten minutes for each caller and session.</summary>
    public void LookByPoll(ClaimsPrincipal by, string sessionId) => Look(by, "history_read", sessionId, null, SameLookByPoll);

    private void Look(ClaimsPrincipal by, string what, string? sessionId, string? userId, TimeSpan same)
    {
        var entry = Entry(AuditKind.Look, by, what, sessionId) with { UserId = userId };
        var look = (entry.OperatorId, what, sessionId, same);
        if (looks.TryGetValue(look, out _))
        {
            return;
        }

        looks.Set(look, true, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = same });
        if (entry.Role == Access.SupervisorRole)
        {
            security.Note("supervisor_look");
        }

        Post(entry);
    }

    /// <summary>Records that somebody was refused; not more often than the limits say, so that nobody can flood the stream.</summary>
    /// <param name="by">An operator or an account.</param>
    /// <param name="endpoint">Method and route.</param>
    /// <param name="sessionId">The session that was named.</param>
    /// <param name="code">Of the refusal.</param>
    public void Refused(ClaimsPrincipal by, string endpoint, string? sessionId, string code)
    {
        var entry = Entry(AuditKind.Refused, by, "refused", sessionId) with { Detail = endpoint, Refused = code };
        using var lease = refusals.AttemptAcquire(entry.OperatorId ?? entry.UserId ?? "");
        if (lease.IsAcquired)
        {
            Post(entry);
        }
    }

    public void Dispose()
    {
        looks.Dispose();
        refusals.Dispose();
    }

    private void Post(AuditEntry entry) => background.Post(BackgroundWork.Audit, () => AddAsync(entry), Attempts);

    private async Task AddAsync(AuditEntry entry)
    {
        switch (await store.AddAsync(entry, CancellationToken.None))
        {
            case AuditOutcome.Full:
                metrics.Lost(BackgroundWork.Audit, "full");
                if (pace.IsDue("full", out var unsaid))
                {
                    Log.Full(logger, unsaid);
                }

                break;
            case AuditOutcome.Share:
                metrics.Lost(BackgroundWork.Audit, "share");
                if (pace.IsDue("share", out unsaid))
                {
                    Log.Share(logger, unsaid);
                }

                break;
        }
    }

    private static AuditEntry Entry(AuditKind kind, ClaimsPrincipal by, string what, string? sessionId)
    {
        var id = by.FindFirst("sub")?.Value;
        var role = by.IsInRole(Access.SupervisorRole) ? Access.SupervisorRole
            : by.IsInRole(Access.OperatorRole) ? Access.OperatorRole
            : id is not null ? "account"
            : by.Identities.Any(identity => identity.AuthenticationType == PlatformKeyAuthentication.SchemeName) ? "platform"
            : "visitor";
        return role is Access.SupervisorRole or Access.OperatorRole
            ? new AuditEntry(kind, what, role, id, by.FindFirst("name")?.Value, sessionId)
            : new AuditEntry(kind, what, role, SessionId: sessionId, UserId: id);
    }

    private static TokenBucketRateLimiterOptions Bucket(int perMinute) =>
        new() { TokenLimit = perMinute, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromMinutes(1) / perMinute };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The audit stream holds as many entries of today as it may, so entries are lost: raise Audit__EntriesPerDay; {Unsaid} more since this was last logged")]
        public static partial void Full(ILogger logger, long unsaid);

        [LoggerMessage(LogLevel.Error, "An operator has its share of the audit entries of today (a tenth of Audit__EntriesPerDay), so entries are lost; {Unsaid} more since this was last logged")]
        public static partial void Share(ILogger logger, long unsaid);

        [LoggerMessage(LogLevel.Error, "An audit entry of an action could not be stored and is tried again; {Unsaid} more since this was last logged")]
        public static partial void Failed(ILogger logger, long unsaid, Exception error);
    }
}
