using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Operators;

/// <summary>A session and the last thing somebody wrote in it.</summary>
/// <param name="LastMessage">Its text is cut at 200 characters. Null where nobody wrote since the session keeps it.</param>
public sealed record SessionSummary(Session Session, Message? LastMessage);

/// <summary>Many sessions at a glance. The last message is kept in the session's hash, so a session costs one small read and no look at its stream.</summary>
public sealed class SummaryStore(RedisGateway redis, RosterStore roster)
{
    /// <summary>Sessions that are read at once, so that a long list keeps nothing else from Redis.</summary>
    private const int MostAtOnce = 100;

    /// <summary>So many are read beside what people do, as claims need them; more are a list, and wait for each other.</summary>
    private const int Few = 20;

    /// <summary>Null for a session that is gone.</summary>
    public async Task<SessionSummary?> FindAsync(string sessionId, CancellationToken ct) => (await FindEachAsync([sessionId], ct))[0];

    /// <summary>Those that are still there, in the order of the ids.</summary>
    public async Task<IReadOnlyList<SessionSummary>> FindAllAsync(IReadOnlyList<string> sessionIds, CancellationToken ct) =>
        [.. (await FindEachAsync(sessionIds, ct)).OfType<SessionSummary>()];

    /// <summary>One for each id, null where the session is gone.</summary>
    public async Task<IReadOnlyList<SessionSummary?>> FindEachAsync(IReadOnlyList<string> sessionIds, CancellationToken ct)
    {
        var found = new List<SessionSummary?>(sessionIds.Count);
        foreach (var some in sessionIds.Chunk(MostAtOnce))
        {
            var hashes = some.Length <= Few
                ? await redis.EachAsync("HGETALL", [.. some.Select(Keys.Session)], static (db, key) => db.HashGetAllAsync(key), ct)
                : await redis.BulkAsync(some.Length, Keys.Session(some[0]), some, ReadAsync, ct);
            found.AddRange(some.Zip(hashes, (id, hash) => hash.Length == 0 ? null : Summarize(id, hash.ToDictionary(f => (string)f.Name!, f => (string)f.Value!))));
        }

        return found;
    }

    /// <summary>
    /// Those of the ids that the operator really has. The index of what it has may be behind after a crash; it is put right here.
    /// </summary>
    public Task<IReadOnlyList<SessionSummary>> OfHolderAsync(string operatorId, IReadOnlyList<string> indexed, CancellationToken ct) =>
        OfHoldersAsync([.. indexed.Select(id => (operatorId, id))], ct);

    /// <summary>The same of several operators.</summary>
    public async Task<IReadOnlyList<SessionSummary>> OfHoldersAsync(IReadOnlyList<(string OperatorId, string SessionId)> indexed, CancellationToken ct)
    {
        var held = new List<SessionSummary>();
        var found = await FindEachAsync([.. indexed.Select(entry => entry.SessionId)], ct);
        foreach (var ((operatorId, id), summary) in indexed.Zip(found))
        {
            switch (summary?.Session is { } session && session.OperatorId == operatorId ? session.Status : default(SessionStatus?))
            {
                case SessionStatus.Active:
                    held.Add(summary!);
                    break;
                case SessionStatus.Closed:
                    await roster.EndedAsync(operatorId, id, ct);
                    if (await FindAsync(id, ct) is null)
                    {
                        await roster.ForgetAsync(operatorId, id, ct); // erased in between
                    }

                    break;
                default:
                    await roster.StrikeOutAsync(operatorId, id, ct);
                    break;
            }
        }

        return held;
    }

    private static Task<HashEntry[][]> ReadAsync(IDatabase db, string[] ids) => Task.WhenAll(Array.ConvertAll(ids, id => db.HashGetAllAsync(Keys.Session(id))));

    private static SessionSummary Summarize(string id, Dictionary<string, string> fields)
    {
        var last = fields.GetValueOrDefault("last_id") is { } entry
            ? Message.From(entry, fields["last_from"], fields["last_name"], fields["last_text"], "client", fields["last_client"] is { Length: > 0 } client ? client : null)
            : null;
        return new SessionSummary(Session.From(id, fields), last);
    }
}
