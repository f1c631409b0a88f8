using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Operators.Race;

/// <summary>What the endpoints of one node call, without HTTP in between, and the means to let an operator's time run out.</summary>
internal sealed class Desk(IServiceProvider services)
{
    /// <summary>The departments that <see cref="ChatNode"/> configures.</summary>
    public static readonly string[] Departments = ["support", "billing"];

    public CallClaimer Claimer { get; } = services.GetRequiredService<CallClaimer>();

    public SessionCloser Closer { get; } = services.GetRequiredService<SessionCloser>();

    public SessionReturner Returner { get; } = services.GetRequiredService<SessionReturner>();

    public HandoverStore Handovers { get; } = services.GetRequiredService<HandoverStore>();

    public LeaseSweeper Sweeper { get; } = services.GetRequiredService<LeaseSweeper>();

    public MessageStore Messages { get; } = services.GetRequiredService<MessageStore>();

    public QueueStore Queue { get; } = services.GetRequiredService<QueueStore>();

    public RosterStore Roster { get; } = services.GetRequiredService<RosterStore>();

    public SessionOpener Opener { get; } = services.GetRequiredService<SessionOpener>();

    public SessionStore Sessions { get; } = services.GetRequiredService<SessionStore>();

    public SummaryStore Summaries { get; } = services.GetRequiredService<SummaryStore>();

    public IDatabase Redis => services.GetRequiredService<RedisConnection>().Database;

    /// <summary>Opens a session of an anonymous visitor.</summary>
    public async Task<SessionToken> OpenAsync(CancellationToken ct) =>
        (await Opener.ForVisitorAsync(null, new VisitorDetails("Vera", null, null, null, null), null, ct)).Opened!.Token!;

    /// <summary>Calls an operator, as the endpoint does: first the session, then the queue.</summary>
    public async Task<Session> CallAsync(SessionToken visitor, string department, CancellationToken ct)
    {
        var (reply, _) = await Sessions.CallOperatorAsync(SessionAccess.ByToken(visitor), department, null, ct);
        var session = reply!.Session!;
        await Queue.EnqueueAsync(department, session.Id, session.CalledAt!.Value, WaitEstimate.Unknown, ct);
        return session;
    }

    /// <summary>What an operator's console asks for all the time: the sessions it has.</summary>
    public async Task<IReadOnlyList<SessionSummary>> LookAsync(Caller.Operator caller, CancellationToken ct) =>
        await Summaries.OfHolderAsync(caller.Id, await Roster.HeldByAsync(caller.Id, ct), ct);

    /// <summary>Two minutes pass for one operator: its lease and the deadline of its claim are over.</summary>
    public async Task AgeAsync(string operatorId)
    {
        var past = (TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(2)).ToUnixTimeMilliseconds();
        await Redis.SortedSetAddAsync(Keys.OfRoster()[0], operatorId, past, SortedSetWhen.Exists);
        await AgeClaimAsync(operatorId);
    }

    /// <summary>Only the deadline of its claim is over.</summary>
    public async Task AgeClaimAsync(string operatorId)
    {
        foreach (var queue in Departments.Select(Keys.OfQueue))
        {
            foreach (var claim in await Redis.HashGetAllAsync(queue[3]))
            {
                if (claim.Value == operatorId)
                {
                    await Redis.SortedSetAddAsync(queue[2], ((string)claim.Name!)["session:".Length..], 1, SortedSetWhen.Exists);
                }
            }
        }
    }
}
