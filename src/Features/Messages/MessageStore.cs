using System.Buffers.Text;
using System.Security.Cryptography;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Messages;

public enum AppendStatus
{
    Appended,
    Duplicate,
    ReusedId,
    Closed,
    Full,
    Blocked,
    MustSignIn,
}

/// <param name="Message">The message as stored, where it is.</param>
/// <param name="FirstResponse">Time from the call to this message, where it is the operators' first answer.</param>
/// <param name="Department">The department that answered.</param>
/// <param name="WaitsIn">The department in whose queue the visitor waits that sent it.</param>
public sealed record AppendReply(AppendStatus Status, Message? Message, TimeSpan? FirstResponse = null, string? Department = null, string? WaitsIn = null);

/// <param name="IsClosed">Nothing was noted, because the session is closed.</param>
/// <param name="IsBlocked">Nothing was noted, because the visitor is blocked.</param>
public sealed record NotedReply(bool IsClosed, bool IsBlocked);

/// <summary>The stream of each session. Who may not enter a session, or not so often, gets no reply.</summary>
public sealed class MessageStore(RedisGateway redis, AnonymousPolicy anonymous, AnonymousBytes anonymousBytes, IOptions<ChatOptions> options)
{
    /// <summary>Stores a message exactly once, however often it is sent under the same client message id.</summary>
    /// <param name="access">The session, and by what right.</param>
    /// <param name="caller">The sender.</param>
    /// <param name="clientMessageId">The id the client chose; without one the server takes one for this call, so that its own retry finds what it stored.</param>
    /// <param name="text">As <see cref="MessageText.Clean"/> leaves it.</param>
    /// <param name="ct">Ends when the caller goes away.</param>
    public async Task<Admission<AppendReply>> AppendAsync(SessionAccess access, Caller caller, string? clientMessageId, string text, CancellationToken ct)
    {
        var request = NewRequestId();
        var reply = await RunAsync(
            Scripts.append_message,
            access,
            [
                OwnSide(caller), (caller as Caller.Operator)?.Name ?? "", text, clientMessageId ?? request, request,
                options.Value.Limits.EntriesPerSession, options.Value.Retention.IdleSeconds, MessageText.Preview(text) is var preview && preview.Length < text.Length ? preview : "",
                options.Value.Limits.BytesPerSession, anonymous.MustSignIn(access) ? "1" : "",
            ],
            ct);
        if (reply is { Status: "appended", Length: > 6 })
        {
            anonymousBytes.Note(reply.Text(6));
        }

        Message Entry() => Message.From(reply.Text(1)!, OwnSide(caller), reply.Text(2), text, "client", clientMessageId);
        return reply.Status switch
        {
            "appended" => new AppendReply(AppendStatus.Appended, Entry(), reply.Milliseconds(3), NullIfEmpty(reply.Text(4)), NullIfEmpty(reply.Text(5))),
            "duplicate" => new AppendReply(AppendStatus.Duplicate, Entry()),
            "reused" => new AppendReply(AppendStatus.ReusedId, null),
            "closed" => new AppendReply(AppendStatus.Closed, null),
            "full" => new AppendReply(AppendStatus.Full, null),
            "blocked" => new AppendReply(AppendStatus.Blocked, null),
            "sign_in" => new AppendReply(AppendStatus.MustSignIn, null),
            _ => reply.Refused<AppendReply>(Scripts.append_message),
        };
    }

    /// <summary>Notes for six seconds that the caller is writing, or no longer.</summary>
    public async Task<Admission<NotedReply>> SetTypingAsync(SessionAccess access, Caller caller, bool typing, CancellationToken ct)
    {
        RedisKey[] keys = [.. Keys.OfSession(access.SessionId), Keys.Typing(access.SessionId, OwnSide(caller))];
        return Noted(Scripts.set_typing, new(await redis.RunAsync(Scripts.set_typing, keys, [access.Kind, access.Credential, access.Allowance, typing ? "1" : ""], ct)));
    }

    /// <summary>Notes up to where the caller has read.</summary>
    public async Task<Admission<NotedReply>> MarkReadAsync(SessionAccess access, Caller caller, string upTo, CancellationToken ct) =>
        Noted(Scripts.mark_read, await RunAsync(Scripts.mark_read, access, [OwnSide(caller), upTo], ct));

    private static Admission<NotedReply> Noted(Script script, ScriptReply reply) => reply.Status switch
    {
        "noted" => new NotedReply(IsClosed: false, IsBlocked: false),
        "closed" => new NotedReply(IsClosed: true, IsBlocked: false),
        "blocked" => new NotedReply(IsClosed: false, IsBlocked: true),
        _ => reply.Refused<NotedReply>(script),
    };

    private async Task<ScriptReply> RunAsync(Script script, SessionAccess access, RedisValue[] arguments, CancellationToken ct) =>
        new(await redis.RunAsync(script, Keys.OfSession(access.SessionId), [access.Kind, access.Credential, access.Allowance, .. arguments], ct));

    /// <summary>How long a side is said to be writing, as in session.lua.</summary>
    internal static readonly TimeSpan TypingFor = TimeSpan.FromSeconds(6);

    private static string OwnSide(Caller caller) => caller is Caller.Operator ? "operator" : "visitor";

    internal static string OtherSide(Caller caller) => caller is Caller.Operator ? "visitor" : "operator";

    /// <summary>Idempotency key for retries: a script recognises a second attempt of the same request by it.</summary>
    internal static string NewRequestId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(9));

    internal static string? NullIfEmpty(string? text) => text is { Length: > 0 } ? text : null;

    internal static Message[] ParseAll(RedisResult[] entries) => [.. entries.Select(entry => Parse((string)entry[0]!, (RedisResult[])entry[1]!))];

    private static Message Parse(string id, RedisResult[] fields)
    {
        string? Text(int index) => index < fields.Length ? (string?)fields[index] : null;
        return Message.From(id, Text(1), Text(3), Text(5), Text(6), Text(7));
    }
}
