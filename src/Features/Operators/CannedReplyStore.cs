using System.Diagnostics;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Operators;

/// <summary>A text that operators send often.</summary>
/// <param name="Shortcut">Its name, which an operator types.</param>
/// <param name="Text">May hold <c>{{visitor.name}}</c> and <c>{{operator.name}}</c>, which the operator's console fills in.</param>
public sealed record CannedReply(string Shortcut, string Text);

public enum CannedReplyStatus
{
    Stored,

    /// <summary>Another text has the shortcut.</summary>
    Taken,

    /// <summary>There is no such shortcut.</summary>
    Unknown,

    /// <summary>There are as many as there may be, or they take as many bytes.</summary>
    Full,
}

/// <summary>The canned replies of all operators. All who ask a node for them at once share what it reads.</summary>
public sealed class CannedReplyStore(RedisGateway redis)
{
    /// <summary>How many there may be, and how many bytes their shortcuts and texts may take: each console reads all of them.</summary>
    public const int Most = 500, MostBytes = 256 * 1024;

    private readonly SharedReads<string, IReadOnlyList<CannedReply>> all = new(async (_, ct) =>
    {
        var entries = await redis.BulkAsync(1, Keys.CannedReplies, Keys.CannedReplies, static (db, key) => db.HashGetAllAsync(key), ct);
        return [.. entries.Select(e => new CannedReply(e.Name!, e.Value!)).OrderBy(r => r.Shortcut, StringComparer.Ordinal)];
    });

    public Task<IReadOnlyList<CannedReply>> ListAsync(Caller.Operator caller, CancellationToken ct) => all.ReadAsync("", caller.Id, ct);

    public async Task<CannedReplyStatus> AddAsync(CannedReply reply, CancellationToken ct) =>
        Status(await redis.RunAsync(Scripts.add_canned_reply, [Keys.CannedReplies], [reply.Shortcut, reply.Text, Most, MostBytes], ct));

    public async Task<CannedReplyStatus> ReplaceAsync(CannedReply reply, CancellationToken ct) =>
        Status(await redis.RunAsync(Scripts.replace_canned_reply, [Keys.CannedReplies], [reply.Shortcut, reply.Text, MostBytes], ct));

    /// <summary>False when there is no such shortcut. Deleting it again within ten minutes says the same as the first time.</summary>
    public async Task<bool> DeleteAsync(string shortcut, CancellationToken ct) =>
        (string?)await redis.RunAsync(Scripts.delete_canned_reply, [Keys.CannedReplies, Keys.DeletedReplies], [shortcut], ct) != "unknown";

    private static CannedReplyStatus Status(RedisResult reply) => (string?)reply switch
    {
        "stored" => CannedReplyStatus.Stored,
        "taken" => CannedReplyStatus.Taken,
        "unknown" => CannedReplyStatus.Unknown,
        "full" => CannedReplyStatus.Full,
        var other => throw new UnreachableException($"A script of canned replies replied {other}"),
    };
}
