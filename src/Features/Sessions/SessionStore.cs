using System.Diagnostics;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Intotes.Chat.Features.Sessions;

public enum OpenStatus
{
    Created,
    Existing,
    Closed,
    Blocked,
    Denied,
    Limited,
}

public enum CallStatus
{
    Open,
    Waiting,
    Active,
    Closed,
    Full,
    Blocked,
    TooMany,
    MustSignIn,
}

/// <summary>The hash of each session. Who may not enter a session, or not so often, gets no reply.</summary>
public sealed class SessionStore(RedisGateway redis, AnonymousPolicy anonymous, AnonymousBytes anonymousBytes, IOptions<ChatOptions> options)
{
    /// <summary>The size (bytes) of a session in Redis without its visitor's details, and of a message without its text; as in session.lua.</summary>
    public const int SessionOverhead = 1000, MessageOverhead = 250;

    private ChatRetention Retention => options.Value.Retention;

    /// <summary>Creates the session if told so and it is missing; else returns it, with what the visitor now says about itself.</summary>
    public async Task<OpenReply> OpenAsync(SessionAccess access, bool create, VisitorDetails details, CancellationToken ct)
    {
        var reply = await RunAsync(
            Scripts.open_session,
            access,
            [
                create ? "1" : "0", Retention.EmptySeconds, details.StoredBytes, "name", details.Name ?? "", "email", details.Email ?? "",
                "locale", details.Locale ?? "", "page_url", details.PageUrl ?? "", "department", details.Department ?? "",
            ],
            ct);
        if (reply.Status is "created" or "existing")
        {
            anonymousBytes.Note(reply.Text(2));
        }

        return reply.Status switch
        {
            "created" => new OpenReply(OpenStatus.Created, Session.From(access.SessionId, reply.Fields(1))),
            "existing" => new OpenReply(OpenStatus.Existing, Session.From(access.SessionId, reply.Fields(1)), Grown: (int)reply.Number(3)),
            "closed" => new OpenReply(OpenStatus.Closed),
            "blocked" => new OpenReply(OpenStatus.Blocked),
            "denied" => new OpenReply(OpenStatus.Denied),
            "limited" => new OpenReply(OpenStatus.Limited, RetryAfter: reply.Milliseconds(1)),
            var other => throw new UnreachableException($"open_session.lua replied {other}"),
        };
    }

    /// <summary>Gives an anonymous session to an account; its token is dead from here on. Null when the token is not good, or the session closed or blocked.</summary>
    public async Task<LinkedSession?> LinkAsync(SessionToken token, Caller.Account account, bool close, CancellationToken ct)
    {
        var reply = new ScriptReply(await redis.RunAsync(
            Scripts.link_session,
            Keys.OfSession(token.SessionId),
            [
                token.Digest, account.UserId, account.Name ?? "", SystemTexts.AccountLinked, SystemTexts.Closed,
                Retention.IdleSeconds, Retention.ClosedSeconds, close ? "1" : "0",
            ],
            ct));
        if (reply.Status == "linked")
        {
            anonymousBytes.Note(reply.Text(3));
        }

        return reply.Status switch
        {
            "linked" => new LinkedSession(NullIfEmpty(reply.Text(1)), NullIfEmpty(reply.Text(2))),
            "closed" or "denied" => null,
            var other => throw new UnreachableException($"link_session.lua replied {other}"),
        };
    }

    /// <summary>Records that the visitor asks for an operator; the queue is told next, by <see cref="QueueStore.EnqueueAsync"/>.</summary>
    public Task<Admission<CallReply>> CallOperatorAsync(SessionAccess access, string? department, string? reason, CancellationToken ct) =>
        CallOperatorAsync(access, department, reason, onlyAsks: false, ct);

    /// <summary>The same, or only how a call would stand.</summary>
    /// <param name="access">The session, and by what right.</param>
    /// <param name="department">Where the visitor asks for one that the settings have.</param>
    /// <param name="reason">The reason of the call.</param>
    /// <param name="onlyAsks">Changes nothing: the reply to a call that would be new is <see cref="CallStatus.Open"/>, with its department.</param>
    /// <param name="ct">Ends the call.</param>
    public async Task<Admission<CallReply>> CallOperatorAsync(SessionAccess access, string? department, string? reason, bool onlyAsks, CancellationToken ct)
    {
        var reply = await RunAsync(
            Scripts.call_operator,
            access,
            [
                department ?? "", options.Value.Queues[0], reason ?? "", SystemTexts.OperatorCalled, options.Value.Limits.EntriesPerSession, Retention.IdleSeconds,
                onlyAsks ? "1" : "", string.Join(',', options.Value.Queues),
                options.Value.Limits.BytesPerSession, anonymous.MustSignIn(access) ? "1" : "",
            ],
            ct);
        if (reply.Status is "waiting" or "active")
        {
            anonymousBytes.Note(reply.Text(2));
        }

        return reply.Status switch
        {
            "open" => new CallReply(CallStatus.Open, null, reply.Text(1)),
            "waiting" => new CallReply(CallStatus.Waiting, Session.From(access.SessionId, reply.Fields(1))),
            "active" => new CallReply(CallStatus.Active, Session.From(access.SessionId, reply.Fields(1))),
            "closed" => new CallReply(CallStatus.Closed, null),
            "full" => new CallReply(CallStatus.Full, null),
            "blocked" => new CallReply(CallStatus.Blocked, null),
            "sign_in" => new CallReply(CallStatus.MustSignIn, null),
            _ => reply.Refused<CallReply>(Scripts.call_operator),
        };
    }

    /// <summary>Ends the conversation; ending it again returns it unchanged. Queue and roster are told next, by <see cref="SessionCloser"/>.</summary>
    public async Task<Admission<ClosedSession>> CloseAsync(SessionAccess access, string text, string? reason, CancellationToken ct)
    {
        var reply = await RunAsync(Scripts.close_session, access, [text, Retention.ClosedSeconds, reason ?? ""], ct);
        if (reply.Status == "closed")
        {
            anonymousBytes.Note(reply.Text(3));
        }

        return reply.Status switch
        {
            "closed" => new ClosedSession(Session.From(access.SessionId, reply.Fields(1)), reply.Milliseconds(2)),
            "blocked" => new ClosedSession(null, null),
            _ => reply.Refused<ClosedSession>(Scripts.close_session),
        };
    }

    /// <summary>Rates a closed session.</summary>
    public async Task<Admission<RatingReply>> RateAsync(SessionAccess access, int score, string? comment, CancellationToken ct)
    {
        var reply = await RunAsync(Scripts.rate_session, access, [score, comment ?? "", SystemTexts.Rated], ct);
        return reply.Status switch
        {
            "rated" => new RatingReply(RatingStatus.Rated, NullIfEmpty(reply.Text(1))),
            "open" => new RatingReply(RatingStatus.NotClosed, null),
            "unanswered" => new RatingReply(RatingStatus.NotAnswered, null),
            _ => reply.Refused<RatingReply>(Scripts.rate_session),
        };
    }

    /// <summary>Notes on which page the visitor is.</summary>
    public async Task<Admission<PageReply>> SetPageAsync(SessionAccess access, string pageUrl, CancellationToken ct)
    {
        var reply = await RunAsync(Scripts.set_page, access, [pageUrl], ct);
        anonymousBytes.Note(reply.Status == "noted" ? reply.Text(1) : null);
        return reply.Status switch
        {
            "noted" => new PageReply(IsClosed: false, (int)reply.Number(2)),
            "closed" => new PageReply(IsClosed: true),
            _ => reply.Refused<PageReply>(Scripts.set_page),
        };
    }

    /// <summary>Where else the session is mentioned, for one who may erase it.</summary>
    public async Task<Admission<SessionMentions>> FindMentionsAsync(SessionAccess access, CancellationToken ct)
    {
        var reply = await RunAsync(Scripts.erase_session, access, [""], ct);
        return reply.Status == "found" ? Mentions(reply) : reply.Refused<SessionMentions>(Scripts.erase_session);
    }

    /// <summary>
    /// Deletes the session with everything of it; later, where a blocked visitor asks for it while an operator has it. Returns where else it is mentioned:
    /// <paramref name="found"/>, where that was done already.
    /// </summary>
    public async Task<Admission<SessionMentions>> EraseAsync(SessionAccess access, bool forVisitor, SessionMentions found, CancellationToken ct)
    {
        var reply = await RunAsync(Scripts.erase_session, access, [forVisitor ? "visitor" : "anyway"], ct);
        if (reply.Status is "found" or "later")
        {
            anonymousBytes.Note(reply.Text(4));
        }

        return reply.Status switch
        {
            "found" => Mentions(reply),
            "later" => Mentions(reply) with { IsLater = true },
            "gone" => found,
            _ => reply.Refused<SessionMentions>(Scripts.erase_session),
        };
    }

    private static SessionMentions Mentions(ScriptReply reply) =>
        new(NullIfEmpty(reply.Text(1)), NullIfEmpty(reply.Text(2)), NullIfEmpty(reply.Text(3)));

    /// <summary>A session by its id, for those whom the endpoint has let through; null when there is none.</summary>
    public async Task<Session?> FindAsync(string sessionId, CancellationToken ct)
    {
        var fields = await redis.CallAsync("HGETALL", Keys.Session(sessionId), static (db, key) => db.HashGetAllAsync(key), ct);
        return fields.Length == 0 ? null : Session.From(sessionId, fields.ToDictionary(f => (string)f.Name!, f => (string)f.Value!));
    }

    /// <summary>The visitor of a session that waits in this department does not come back: the session is open again.</summary>
    public Task AbandonAsync(string sessionId, string department, CancellationToken ct) =>
        redis.RunAsync(Scripts.abandon_call, Keys.OfSession(sessionId), [department, SystemTexts.CallExpired], ct);

    /// <summary>
    /// Those of a few sessions that do not wait nor are answered: closed, no longer there, or open again because the visitor did not come back. A visitor that
    /// calls at this very moment gets its place by its next poll.
    /// </summary>
    public async Task<IReadOnlyList<string>> EndedAmongAsync(IReadOnlyList<string> sessionIds, CancellationToken ct)
    {
        var statuses = await redis.EachAsync("HGET", [.. sessionIds.Select(Keys.Session)], static (db, key) => db.HashGetAsync(key, "status"), ct);
        return [.. sessionIds.Where((_, index) => statuses[index].IsNull || statuses[index] == "closed" || statuses[index] == "open")];
    }

    private async Task<ScriptReply> RunAsync(Script script, SessionAccess access, RedisValue[] arguments, CancellationToken ct) =>
        new(await redis.RunAsync(script, Keys.OfSession(access.SessionId), [access.Kind, access.Credential, access.Allowance, .. arguments], ct));

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

/// <summary>Where else a session is mentioned.</summary>
/// <param name="Department">The queue it may wait in.</param>
/// <param name="OperatorId">The operator that has it, or had it last.</param>
/// <param name="UserId">The account it belongs to.</param>
/// <param name="IsLater">It is not erased yet, but when its operator does not have it any more.</param>
public sealed record SessionMentions(string? Department, string? OperatorId, string? UserId, bool IsLater = false);

/// <param name="Session">Where there is one to return.</param>
/// <param name="RetryAfter">When the caller may again, where it is limited.</param>
/// <param name="Grown">Bytes that what the visitor says of itself takes more than before.</param>
public sealed record OpenReply(OpenStatus Status, Session? Session = null, TimeSpan? RetryAfter = null, int Grown = 0);

/// <param name="Session">Null unless it waits or an operator has it.</param>
/// <param name="Department">In which a call would wait, where that was asked.</param>
public sealed record CallReply(CallStatus Status, Session? Session, string? Department = null);
