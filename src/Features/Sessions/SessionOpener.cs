namespace Intotes.Chat.Features.Sessions;

/// <summary>A session that is open now, whether it was made for this call, and the token of an anonymous visitor.</summary>
public sealed record OpenedSession(Session Session, bool IsNew, SessionToken? Token);

/// <summary>
/// Gets a caller its active session. An account's session and the account's pointer to it lie in different slots, so no script changes both:
/// the pointer is moved by compare-and-set, the session is made by whoever finds it missing, and every step may be repeated.
/// </summary>
public sealed class SessionOpener(SessionStore sessions, AccountStore accounts, SessionCloser closer)
{
    /// <summary>The anonymous visitor's active session; a new one, under a new token, where it has none; null while it is blocked.</summary>
    public async Task<OpenedSession?> ForVisitorAsync(SessionToken? sent, VisitorDetails details, CancellationToken ct)
    {
        if (sent is not null)
        {
            var (status, session) = await sessions.OpenAsync(SessionAccess.ByToken(sent), create: false, details, ct);
            if (status == OpenStatus.Existing)
            {
                return new OpenedSession(session!, IsNew: false, sent);
            }

            if (status == OpenStatus.Blocked)
            {
                return null;
            }
        }

        var token = SessionToken.New();
        var (_, created) = await sessions.OpenAsync(SessionAccess.ByToken(token), create: true, details, ct);
        return new OpenedSession(created!, IsNew: true, token);
    }

    /// <summary>The account's active session. An anonymous session that comes along becomes it, or is closed where there is one already. Null while the account is blocked.</summary>
    public async Task<OpenedSession?> ForAccountAsync(Caller.Account account, SessionToken? anonymous, VisitorDetails details, CancellationToken ct)
    {
        var blocked = accounts.IsBlockedAsync(account.UserId, ct);
        var current = await accounts.FindAsync(account.UserId, ct);
        if (await blocked)
        {
            return null;
        }

        if (anonymous is not null)
        {
            if (await sessions.IsBlockedAsync(anonymous, ct))
            {
                return null;
            }

            current = await TakeOverAsync(account, anonymous, current, details, ct);
        }

        while (true)
        {
            if (current is not null)
            {
                var (status, session) = await sessions.OpenAsync(SessionAccess.OfAccount(current, account.UserId, confirmed: true), create: true, details, ct);
                if (status == OpenStatus.Blocked)
                {
                    return null;
                }

                if (session is not null)
                {
                    return new OpenedSession(session, status == OpenStatus.Created, Token: null);
                }
            }

            current = await accounts.ReplaceAsync(account.UserId, current, SessionToken.NewSessionId(), ct);
        }
    }

    /// <summary>Links the anonymous session, and returns the account's current one after that.</summary>
    private async Task<string?> TakeOverAsync(Caller.Account account, SessionToken anonymous, string? current, VisitorDetails details, CancellationToken ct)
    {
        if (current != anonymous.SessionId && !await IsLiveAsync(account, current, details, ct))
        {
            if (await sessions.LinkAsync(anonymous, account, close: false, ct) is null)
            {
                return current;
            }

            current = await accounts.ReplaceAsync(account.UserId, current, anonymous.SessionId, ct);
        }

        if (current != anonymous.SessionId && await sessions.LinkAsync(anonymous, account, close: true, ct) is { } closed)
        {
            await TidyUpAsync(account, anonymous.SessionId, closed, ct);
        }

        return current;
    }

    /// <summary>Whether it may not be replaced. Asks by opening it, for that also marks a closed session as superseded before another takes its place.</summary>
    private async Task<bool> IsLiveAsync(Caller.Account account, string? current, VisitorDetails details, CancellationToken ct) =>
        current is not null
        && (await sessions.OpenAsync(SessionAccess.OfAccount(current, account.UserId, confirmed: true), create: false, details, ct)).Status is OpenStatus.Existing or OpenStatus.Blocked;

    private async Task TidyUpAsync(Caller.Account account, string sessionId, LinkedSession closed, CancellationToken ct)
    {
        var session = await sessions.FindAsync(sessionId, ct);
        await accounts.AddEarlierAsync(account.UserId, sessionId, session?.ClosedAt ?? session?.CreatedAt ?? default, ct);
        await closer.LeaveDeskAsync(sessionId, closed.Department, closed.OperatorId, ct);
    }
}
