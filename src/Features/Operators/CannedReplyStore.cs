using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Operators;

/// <summary>A text that operators send often.</summary>
/// <param name="Shortcut">What an operator types for it; its name.</param>
/// <param name="Text">May hold <c>{{visitor.name}}</c> and <c>{{operator.name}}</c>, which the operator's console fills in.</param>
public sealed record CannedReply(string Shortcut, string Text);

/// <summary>The canned replies of all operators.</summary>
public sealed class CannedReplyStore(RedisGateway redis)
{
    public async Task<IReadOnlyList<CannedReply>> ListAsync(CancellationToken ct)
    {
        var entries = await redis.CallAsync("HGETALL", db => db.HashGetAllAsync(Keys.CannedReplies), ct);
        return [.. entries.Select(e => new CannedReply(e.Name!, e.Value!)).OrderBy(r => r.Shortcut, StringComparer.Ordinal)];
    }

    /// <summary>False when the shortcut is taken by another text.</summary>
    public async Task<bool> AddAsync(CannedReply reply, CancellationToken ct) =>
        await redis.CallAsync("HSETNX", db => db.HashSetAsync(Keys.CannedReplies, reply.Shortcut, reply.Text, When.NotExists), ct)
        || await redis.CallAsync("HGET", db => db.HashGetAsync(Keys.CannedReplies, reply.Shortcut), ct) == reply.Text;

    /// <summary>False when there is no such shortcut.</summary>
    public async Task<bool> ReplaceAsync(CannedReply reply, CancellationToken ct) =>
        (long)await redis.RunAsync(Scripts.replace_canned_reply, [Keys.CannedReplies], [reply.Shortcut, reply.Text], ct) == 1;

    /// <summary>Whether there was such a shortcut. Deleting it again is harmless.</summary>
    public Task<bool> DeleteAsync(string shortcut, CancellationToken ct) =>
        redis.CallAsync("HDEL", db => db.HashDeleteAsync(Keys.CannedReplies, shortcut), ct);
}
