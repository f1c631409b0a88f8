using System.Net;
using Intotes.Chat.Hosting;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Sessions;

/// <summary>A session that is open now, whether it was made for this call, and the token of an anonymous visitor.</summary>
public sealed record OpenedSession(Session Session, bool IsNew, SessionToken? Token);

/// <summary>
/// Gets a caller its active session. An account's session and the account's pointer to it lie in different slots, so no script changes both:
/// the session is made first, under an id that nobody knows yet, then the pointer is moved to it by compare-and-set, and where somebody else
/// was faster it is taken away again. So a pointer to a session that is not there means that it is gone for good, and no id ever comes back.
/// </summary>
public sealed class SessionOpener(
    SessionStore sessions, AccountStore accounts, SessionCloser closer, ClientLimits limits, AnonymousPolicy policy, IOptions<ChatOptions> options, TimeProvider time)
{
    private readonly string allowance = options.Value.Limits.Of(Allowance.Actions);

    /// <summary>The anonymous visitor's active session; a new one, under a new token, where it has none. Or the problem to answer with.</summary>
    public async Task<(OpenedSession? Opened, Problem? Refusal)> ForVisitorAsync(SessionToken? sent, VisitorDetails details, IPAddress? client, CancellationToken ct)
    {
        if (sent is not null)
        {
            var reply = await DescribeAsync(SessionAccess.ByToken(sent) with { Allowance = allowance }, new Caller.Visitor(sent), ClientName.Of(client), details, ct);
            if (reply.Session is { } session)
            {
                return (new OpenedSession(session, IsNew: false, sent), null);
            }

            if (Refusal(reply) is { } refusal)
            {
                return (null, refusal);
            }
        }

        var token = SessionToken.New();
        if (policy.SessionRefusal(token) is { } closed)
        {
            return (null, closed);
        }

        var pause = await limits.TakeSessionAsync(ClientName.Of(client), details.StoredBytes, ct)
            ?? (policy.IsLimited ? await limits.TakeAnonymousSessionAsync(ClientName.Of(client), ct) : null);
        if (pause is { } wait)
        {
            return (null, Problem.RateLimited.After(wait));
        }

        var created = await sessions.OpenAsync(SessionAccess.ByToken(token), create: true, details, ct);
        return (new OpenedSession(created.Session!, IsNew: true, token), null);
    }

    /// <summary>
    /// The account's active session. An anonymous session that comes along becomes it, or is closed where there is one already. Or the
    /// problem to answer with.
    /// </summary>
    public async Task<(OpenedSession? Opened, Problem? Refusal)> ForAccountAsync(
        Caller.Account account, SessionToken? anonymous, VisitorDetails details, CancellationToken ct)
    {
        if (await accounts.CountAsync(account.UserId, "opened", ct) is { } pause)
        {
            return (null, Problem.RateLimited.After(pause));
        }

        var blocked = accounts.IsBlockedAsync(account.UserId, ct);
        var current = await accounts.FindAsync(account.UserId, ct);
        if (await blocked)
        {
            return (null, Problem.Blocked);
        }

        if (anonymous is not null)
        {
            current = await TakeOverAsync(account, anonymous, current, details, ct);
        }

        while (true)
        {
            if (current is not null)
            {
                var reply = await DescribeAsync(current, account, details, ct);
                if (reply.Session is { } session)
                {
                    return (new OpenedSession(session, IsNew: false, Token: null), null);
                }

                if (Refusal(reply) is { } refusal)
                {
                    return (null, refusal);
                }
            }

            // Counted by the account: its neighbours behind the same address take nothing of its share.
            if (await limits.TakeSessionAsync(ClientName.OfAccount(account.UserId), details.StoredBytes, ct) is { } wait)
            {
                return (null, Problem.RateLimited.After(wait));
            }

            var fresh = SessionAccess.OfAccount(SessionToken.NewSessionId(), account.UserId, confirmed: true);
            var created = await sessions.OpenAsync(fresh, create: true, details, ct);
            current = await accounts.ReplaceAsync(account.UserId, current, fresh.SessionId, ct);
            if (current == fresh.SessionId)
            {
                return (new OpenedSession(created.Session!, IsNew: true, Token: null), null);
            }

            await sessions.EraseAsync(fresh, forVisitor: false, new SessionMentions(null, null, null), ct);
            if (current is null)
            {
                return (null, Problem.Blocked);
            }
        }
    }

    private Task<OpenReply> DescribeAsync(string sessionId, Caller.Account account, VisitorDetails details, CancellationToken ct) =>
        DescribeAsync(SessionAccess.OfAccount(sessionId, account.UserId, confirmed: true), account, ClientName.OfAccount(account.UserId), details, ct);

    /// <summary>
    /// The session there is, with what its visitor now says about itself. Who has stored too much, or finds no room, goes on with what was known.
    /// </summary>
    private async Task<OpenReply> DescribeAsync(SessionAccess access, Caller caller, string client, VisitorDetails details, CancellationToken ct)
    {
        var isNoted = limits.TakeBytes(client, 0) is null && !policy.RefusesMessage(caller);
        var reply = await sessions.OpenAsync(access, create: false, isNoted ? details : details.Unsaid, ct);
        limits.AddBytes(client, reply.Grown);
        return reply;
    }

    private static Problem? Refusal(OpenReply reply) => reply switch
    {
        { Status: OpenStatus.Blocked } => Problem.Blocked,
        { RetryAfter: { } wait } => Problem.RateLimited.After(wait),
        _ => null,
    };

    /// <summary>
    /// Links the anonymous session, and returns the account's current one after that. Before it becomes the account's it is listed as one of
    /// its earlier ones: after an interruption the account can still be erased with all it has. One that is closed or blocked stays what it is.
    /// </summary>
    private async Task<string?> TakeOverAsync(Caller.Account account, SessionToken anonymous, string? current, VisitorDetails details, CancellationToken ct)
    {
        if (current == anonymous.SessionId)
        {
            return current;
        }

        var isNew = await accounts.AddEarlierAsync(account.UserId, anonymous.SessionId, time.GetUtcNow(), ct);
        var isLive = await IsLiveAsync(account, current, details, ct);
        var linked = await sessions.LinkAsync(anonymous, account, close: isLive, ct);
        if (linked is null)
        {
            await (isNew ? accounts.ForgetAsync(account.UserId, anonymous.SessionId, ct) : Task.CompletedTask);
            return current;
        }

        if (!isLive)
        {
            current = await accounts.ReplaceAsync(account.UserId, current, anonymous.SessionId, ct);
            if (current == anonymous.SessionId)
            {
                return current;
            }

            // Another became current meanwhile, or the account is blocked: this one ends.
            linked = await sessions.LinkAsync(anonymous, account, close: true, ct) ?? linked;
        }

        await TidyUpAsync(account, anonymous.SessionId, linked, ct);
        return current;
    }

    /// <summary>Whether it may not be replaced. Asks by opening it, for that also marks a closed session as superseded before another takes its place.</summary>
    private async Task<bool> IsLiveAsync(Caller.Account account, string? current, VisitorDetails details, CancellationToken ct) =>
        current is not null
        && (await DescribeAsync(current, account, details, ct)).Status is OpenStatus.Existing or OpenStatus.Blocked;

    private async Task TidyUpAsync(Caller.Account account, string sessionId, LinkedSession closed, CancellationToken ct)
    {
        var session = await sessions.FindAsync(sessionId, ct);
        await accounts.AddEarlierAsync(account.UserId, sessionId, session?.ClosedAt ?? session?.CreatedAt ?? default, ct);
        if (await sessions.FindAsync(sessionId, ct) is null)
        {
            // Erased in between, when the account's list did not name it yet.
            await accounts.ForgetAsync(account.UserId, sessionId, ct);
        }

        await closer.LeaveDeskAsync(sessionId, closed.Department, closed.OperatorId, ct);
    }
}
