using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Operators.Race;

/// <summary>
/// One operator from its first call to its death between two steps, or to its late return as a zombie. It never comes back after that;
/// another one takes its seat.
/// </summary>
internal sealed class OperatorLife
{
    private static readonly TimeSpan IdlePause = TimeSpan.FromMilliseconds(25);

    private readonly Desk desk;
    private readonly Ledger ledger;
    private readonly IReadOnlyList<SessionToken> visitors;
    private readonly Random random;
    private readonly Caller.Operator caller;
    private readonly Fate fate;
    private readonly bool isZombie;
    private readonly Dictionary<string, string> hand = [];
    private string? kept;
    private CancellationToken patience;

    public OperatorLife(Desk desk, Ledger ledger, IReadOnlyList<SessionToken> visitors, int number)
    {
        (this.desk, this.ledger, this.visitors) = (desk, ledger, visitors);
        random = new Random(number);
        caller = new Caller.Operator($"operator-{number}", $"operator-{number}", IsSupervisor: false);
        isZombie = number % 4 == 3;
        var step = isZombie ? Steps.OfZombies[number / 4 % Steps.OfZombies.Length] : Steps.Deadly[(number - (number / 4)) % Steps.Deadly.Length];
        var isRare = step.Script is "return_session" or "enqueue_call" or "transfer_session";
        fate = new Fate(step, isRare ? 1 : random.Next(1, 12), isZombie ? StallAsync : DieAsync);
    }

    public async Task LiveAsync(CancellationToken ct)
    {
        (Fate.Current, patience) = (fate, ct);
        try
        {
            await desk.Roster.SetPresenceAsync(caller, new Presence(PresenceStatus.Online, Ledger.Capacity, []), ct);
            while (!ledger.IsAllSettled)
            {
                await TakeTurnAsync(ct);
            }
        }
        catch (Exception end) when (end is OperatorDied || (end is StorageUnavailableException && fate is { HasStruck: true, IsOver: false }))
        {
            ledger.MayLoseAll(caller.Id);
            await desk.AgeAsync(caller.Id);
            await desk.Sweeper.SweepAsync(ct);
            foreach (var session in hand.Keys)
            {
                if (await desk.Sessions.FindAsync(session, ct) is { Status: SessionStatus.Closed } closed && closed.OperatorId == caller.Id)
                {
                    ledger.Settle(session, caller.Id); // it died while closing
                }
            }
        }
    }

    private async Task TakeTurnAsync(CancellationToken ct)
    {
        await desk.Roster.SeenAsync(caller, ct);
        var claimed = await ClaimAsync(ct);
        if (fate.HasStruck)
        {
            await WriteLateAsync(claimed, ct);
        }

        foreach (var session in claimed)
        {
            ledger.Take(session.Id, caller.Id);
            hand[session.Id] = session.Department!;
        }

        if (claimed.Count > 0)
        {
            var indexed = await desk.Roster.HeldByAsync(caller.Id, ct);
            foreach (var missing in claimed.Where(s => !indexed.Contains(s.Id) && !ledger.IsHungUp(s.Id)))
            {
                ledger.Object($"{missing.Id} is missing from what {caller.Id} has");
            }
        }
        else if (hand.Count == 0)
        {
            await Task.Delay(IdlePause, ct);
        }

        if (random.Next(30) == 0)
        {
            await HangUpAsync(visitors[random.Next(visitors.Count)], ct);
        }

        if (random.Next(3) > 0)
        {
            foreach (var (session, department) in hand.ToList())
            {
                await SpeakAsync(session, ct);
                await PartAsync(session, department, ct);
                hand.Remove(session);
            }
        }
    }

    /// <summary>Mostly the next call; at times twice at once and beside the console's own reading, at times a wanted one.</summary>
    private async Task<IReadOnlyList<Session>> ClaimAsync(CancellationToken ct)
    {
        (ClaimStatus Status, Session? Session)[] claims;
        switch (random.Next(10))
        {
            case 0 when !isZombie:
                var look = desk.LookAsync(caller, ct);
                claims = await Task.WhenAll(desk.Claimer.ClaimNextAsync(caller, null, ct), desk.Claimer.ClaimNextAsync(caller, null, ct));
                await look;
                break;
            case 1:
                claims = [await desk.Claimer.ClaimAsync(visitors[random.Next(visitors.Count)].SessionId, caller, ct)];
                break;
            default:
                claims = [await desk.Claimer.ClaimNextAsync(caller, null, ct)];
                break;
        }

        return [.. claims.Where(c => c.Status == ClaimStatus.Claimed).Select(c => c.Session!).DistinctBy(s => s.Id).Where(s => s.Id != kept && !hand.ContainsKey(s.Id))];
    }

    private async Task SpeakAsync(string session, CancellationToken ct)
    {
        var (reply, _) = await desk.Messages.AppendAsync(SessionAccess.OfOperator(session, caller), caller, null, "How can I help?", ct);
        var wasClosed = reply?.Status == AppendStatus.Closed && ledger.IsHungUp(session);
        if (fate.HasStruck)
        {
            if (fate.IsOver)
            {
                await RefuseAsync(session, reply);
            }

            throw new OperatorDied();
        }

        if (reply?.Status is not (AppendStatus.Appended or AppendStatus.Duplicate) && !wasClosed) // a duplicate by the gateway's own retry
        {
            ledger.Object($"{caller.Id} could not write in {session}, which it has: {reply?.Status.ToString() ?? "denied"}");
        }
    }

    private async Task PartAsync(string session, string department, CancellationToken ct)
    {
        if (ledger.TryKeep(session, caller.Id))
        {
            kept = session;
            fate.Spare();
            return;
        }

        ledger.MayLose(session, caller.Id);
        var parted = random.Next(100) switch
        {
            < 8 => await desk.Returner.ReturnAsync(session, caller.Id, SystemTexts.OperatorLeft(caller.Name), "released", null, ct),
            < 13 => await TransferAsync(session, department == "support" ? "billing" : "support", ct),
            _ => await CloseAsync(session, ct),
        };
        if (parted is null && !ledger.IsHungUp(session))
        {
            ledger.Object($"{caller.Id} could not part with {session}, which it has");
        }
    }

    private async Task<Session?> CloseAsync(string session, CancellationToken ct)
    {
        var (closed, _) = await desk.Closer.CloseAsync(SessionAccess.OfOperator(session, caller), SystemTexts.ClosedBy(caller.Name), null, ct);
        ledger.Settle(session, caller.Id);
        return closed?.Session;
    }

    /// <summary>What the endpoint does to hand a session to a department.</summary>
    private async Task<Session?> TransferAsync(string session, string department, CancellationToken ct)
    {
        if (await desk.Handovers.TransferAsync(session, caller, null, department, SystemTexts.Transferred(caller.Name, department), null, ct) is not { Done: { } transferred })
        {
            return null;
        }

        await desk.Returner.QueueAsync(transferred, "transferred", ct);
        await desk.Roster.LetGoAsync(caller.Id, session, ct);
        return transferred.Session;
    }

    /// <summary>A visitor closes its session; no operator's fate touches that.</summary>
    private async Task HangUpAsync(SessionToken visitor, CancellationToken ct)
    {
        Fate.Current = null;
        if (ledger.TryHangUp(visitor.SessionId))
        {
            await desk.Closer.CloseAsync(SessionAccess.ByToken(visitor), SystemTexts.ClosedByVisitor, null, ct);
            ledger.Settle(visitor.SessionId, "");
        }
    }

    private Task DieAsync(string? session)
    {
        ledger.Died(fate.Step);
        throw new OperatorDied();
    }

    /// <summary>Freezes until its time has run out and another one has taken the session, or ended it; then goes on as if nothing had been.</summary>
    private async Task StallAsync(string? session)
    {
        ledger.CameBackLate();
        ledger.MayLoseAll(caller.Id);
        var before = ledger.ClaimsOf(session!);
        await desk.AgeAsync(caller.Id);
        await desk.Sweeper.SweepAsync(patience);
        while (ledger.ClaimsOf(session!) == before && !ledger.IsSettled(session!))
        {
            await Task.Delay(IdlePause, patience); // where the others have given up, nobody takes it
        }
    }

    /// <summary>The claim came through after another had the session: this one's writing must be refused.</summary>
    private async Task WriteLateAsync(IReadOnlyList<Session> claimed, CancellationToken ct)
    {
        if (fate is { IsOver: true, Step.Script: "assign_session" } && claimed.Any(s => s.Id == fate.Session))
        {
            await RefuseAsync(fate.Session!, (await desk.Messages.AppendAsync(SessionAccess.OfOperator(fate.Session!, caller), caller, null, "Late", ct)).Reply);
        }

        throw new OperatorDied();
    }

    private async Task RefuseAsync(string session, AppendReply? reply)
    {
        if (reply is null)
        {
            ledger.RefusedLateWrite();
        }
        else if (reply.Status != AppendStatus.Closed)
        {
            ledger.Object($"{caller.Id} wrote late in {session}: {await Aftermath.DescribeAsync(desk, [session])}");
        }
    }
}
