using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Features.Operators;

/// <summary>A session and the last thing somebody wrote in it.</summary>
public sealed record SessionSummary(Session Session, Message? LastMessage);

/// <summary>Many sessions at a glance; all are asked for at once, so a list costs about one round trip.</summary>
public sealed class SummaryStore(RedisGateway redis, RosterStore roster)
{
    /// <summary>How many of the newest entries are searched for the last message.</summary>
    private const int Newest = 10;

    /// <summary>Null for a session that is gone.</summary>
    public async Task<SessionSummary?> FindAsync(string sessionId, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(Scripts.summarize_session, Keys.OfSession(sessionId), [Newest], ct));
        var fields = reply.Fields(0);
        return fields.Count == 0
            ? null
            : new SessionSummary(Session.From(sessionId, fields), MessageStore.ParseAll(reply.Items(1)).FirstOrDefault(m => m.Sender != Sender.System));
    }

    /// <summary>Those that are still there, in the order of the ids.</summary>
    public async Task<IReadOnlyList<SessionSummary>> FindAllAsync(IEnumerable<string> sessionIds, CancellationToken ct) =>
        [.. (await Task.WhenAll(sessionIds.Select(id => FindAsync(id, ct)))).OfType<SessionSummary>()];

    /// <summary>
    /// Those of the ids that the operator really has. The index of what it has may be behind after a crash; it is put right here.
    /// </summary>
    public async Task<IReadOnlyList<SessionSummary>> OfHolderAsync(string operatorId, IReadOnlyList<string> indexed, CancellationToken ct)
    {
        var found = await FindAllAsync(indexed, ct);
        var held = found.Where(s => s.Session.Status == SessionStatus.Active && s.Session.OperatorId == operatorId).ToList();
        foreach (var id in indexed.Except(held.Select(s => s.Session.Id)))
        {
            var ended = found.Any(s => s.Session.Id == id && s.Session.Status == SessionStatus.Closed && s.Session.OperatorId == operatorId);
            await (ended ? roster.EndedAsync(operatorId, id, ct) : roster.StrikeOutAsync(operatorId, id, ct));
            if (ended && await FindAsync(id, ct) is null)
            {
                await roster.ForgetAsync(operatorId, id, ct); // erased in between
            }
        }

        return held;
    }
}
