using Intotes.Chat.Features.Queue;
using Intotes.Chat.Hosting;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// The way from a caller to its session. The right to enter, and how often, is checked inside the script that does the work, so that it costs
/// no round trip; here is only found which session that is, and said what a refusal means to this caller.
/// </summary>
public sealed class SessionGate(AccountStore accounts, RosterStore roster, IOptions<ChatOptions> options)
{
    private readonly string[] allowances = [.. Enum.GetValues<Allowance>().Select(options.Value.Limits.Of)];

    /// <summary>Does something in the caller's session.</summary>
    /// <param name="caller">The caller; null without a credential.</param>
    /// <param name="named">The session an operator names; of no meaning for others, who have one.</param>
    /// <param name="allowance">The allowance that it counts towards.</param>
    /// <param name="act">A store's method.</param>
    /// <param name="ct">Ends when the caller goes away.</param>
    /// <returns>The reply, or else the problem to answer with.</returns>
    public async Task<(TReply? Reply, Problem? Refusal)> EnterAsync<TReply>(
        Caller? caller, string? named, Allowance allowance, Func<SessionAccess, Task<Admission<TReply>>> act, CancellationToken ct)
        where TReply : class
    {
        var granted = allowances[(int)allowance];
        if (allowance == Allowance.Actions && granted.Length > 0)
        {
            // Done once, the first time may have taken the last permit. Messages are known by their client's id; a poll does nothing.
            granted = $"{granted} 1 {Guid.NewGuid():N}";
        }

        Task<Admission<TReply>> Enter(SessionAccess access) => act(access with { Allowance = granted });
        return caller switch
        {
            Caller.Visitor { Token: { } token } => Answer(await Enter(SessionAccess.ByToken(token)), Problem.InvalidSessionToken),
            Caller.Visitor => (null, Problem.InvalidSessionToken),
            Caller.Account account => Answer(await AsAccountAsync(account, Enter, ct), Problem.SessionNotFound),
            Caller.Operator @operator => await AsOperatorAsync(@operator, named, allowance, Enter, ct),
            _ => (null, Problem.SessionNotFound),
        };
    }

    /// <summary>First with the session this node remembers; when that is refused, because it is gone or another took its place, with the current one.</summary>
    private async Task<Admission<TReply>> AsAccountAsync<TReply>(Caller.Account account, Func<SessionAccess, Task<Admission<TReply>>> act, CancellationToken ct)
        where TReply : class
    {
        if (accounts.Remembered(account.UserId) is { } remembered
            && await act(SessionAccess.OfAccount(remembered, account.UserId, confirmed: false)) is { IsDenied: false } entered)
        {
            return entered;
        }

        return await accounts.FindAsync(account.UserId, ct) is { } current
            && await act(SessionAccess.OfAccount(current, account.UserId, confirmed: true)) is { IsDenied: false } found
            ? found
            // No session counts this one.
            : new Admission<TReply>(null, await accounts.CountAsync(account.UserId, "missed", ct));
    }

    private async Task<(TReply?, Problem?)> AsOperatorAsync<TReply>(
        Caller.Operator caller, string? named, Allowance allowance, Func<SessionAccess, Task<Admission<TReply>>> act, CancellationToken ct)
        where TReply : class
    {
        if (await roster.CountAsync(caller, isPoll: allowance == Allowance.Polls, ct) is { } wait)
        {
            return (null, Problem.RateLimited.After(wait));
        }

        if (named is null)
        {
            var held = await roster.HeldByAsync(caller.Id, ct);
            if (held.Count > 1)
            {
                return (null, Problem.SessionIdNeeded);
            }

            named = held.Count == 1 ? held[0] : null;
        }

        return Answer(named is null ? default : await act(SessionAccess.OfOperator(named, caller)), Problem.NotAssigned);
    }

    private static (TReply?, Problem?) Answer<TReply>(Admission<TReply> entered, Problem refusal)
        where TReply : class => (entered.Reply, entered switch
        {
            { Reply: not null } => null,
            { RetryAfter: { } wait } => Problem.RateLimited.After(wait),
            _ => refusal,
        });
}
