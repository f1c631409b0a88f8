using Intotes.Chat.Features.Queue;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// Erases conversations, with every mention of them. What is said in one goes first and at once; a crash after that leaves no more than its
/// id in a list, which means nothing any more.
/// </summary>
public sealed class SessionEraser(SessionStore sessions, AccountStore accounts, QueueStore queue, RosterStore roster)
{
    /// <summary>Erases a session for one who may enter it; <paramref name="forVisitor"/> where that is the visitor itself, who may be blocked.</summary>
    public async Task<Admission<SessionMentions>> EraseAsync(SessionAccess access, bool forVisitor, CancellationToken ct)
    {
        // Asked first, because a repeated deletion would find nothing to tell.
        var entered = await sessions.FindMentionsAsync(access, ct);
        if (entered.Reply is not { } found)
        {
            return entered;
        }

        entered = await sessions.EraseAsync(access with { Allowance = "" }, forVisitor, found, ct);
        if (entered.Reply is not { IsLater: false } mentions)
        {
            return entered;
        }

        if (mentions.Department is { } department)
        {
            await queue.DropAsync(department, access.SessionId, ct);
        }

        if (mentions.OperatorId is { } operatorId)
        {
            await roster.ForgetAsync(operatorId, access.SessionId, ct);
        }

        if (mentions.UserId is { } userId)
        {
            await accounts.ForgetAsync(userId, access.SessionId, ct);
        }

        return mentions;
    }

    /// <summary>Erases everything an account has said, in whichever session. Returns how many that were; again erases what was left.</summary>
    public async Task<int> EraseAllAsync(string userId, CancellationToken ct)
    {
        var erased = 0;
        // The current one first: should it be replaced meanwhile, it is among the earlier ones.
        string[] current = await accounts.FindAsync(userId, ct) is { } now ? [now] : [];
        foreach (var id in current.Union(await accounts.EarlierAsync(userId, int.MaxValue, ct)))
        {
            var entered = await EraseAsync(SessionAccess.OfAccount(id, userId, confirmed: true), forVisitor: false, ct);
            erased += entered.Reply is null ? 0 : 1;
            if (entered.Reply is null && await sessions.FindAsync(id, ct) is null)
            {
                // The name of one that had expired. One that is there is just becoming the account's: its name stays, or the next erasure would not find it.
                await accounts.ForgetAsync(userId, id, ct);
            }
        }

        return erased;
    }
}
