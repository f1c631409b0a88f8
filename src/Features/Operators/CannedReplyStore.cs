using Intotes.Chat.Storage;

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
        var entries = await redis.CallAsync("HGETALL", Keys.CannedReplies, static (db, key) => db.HashGetAllAsync(key), ct);
        return [.. entries.Select(e => new CannedReply(e.Name!, e.Value!)).OrderBy(r => r.Shortcut, StringComparer.Ordinal)];
    }

    /// <summary>False when the shortcut is taken by another text.</summary>
    public async Task<bool> AddAsync(CannedReply reply, CancellationToken ct) =>
        (long)await redis.RunAsync(Scripts.add_canned_reply, [Keys.CannedReplies], [reply.Shortcut, reply.Text], ct) == 1;

    /// <summary>False when there is no such shortcut.</summary>
    public async Task<bool> ReplaceAsync(CannedReply reply, CancellationToken ct) =>
        (long)await redis.RunAsync(Scripts.replace_canned_reply, [Keys.CannedReplies], [reply.Shortcut, reply.Text], ct) == 1;

    /// <summary>False when there is no such shortcut. Deleting it again within ten minutes says the same as the first time.</summary>
    public async Task<bool> DeleteAsync(string shortcut, CancellationToken ct) =>
        (string?)await redis.RunAsync(Scripts.delete_canned_reply, [Keys.CannedReplies, Keys.DeletedReplies], [shortcut], ct) != "unknown";
}
