using System.Net;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(DeskNodes))]
public sealed class LateSweepTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task A_sweep_that_comes_late_takes_nothing_from_an_operator_that_is_back()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        await Desk.Database.SortedSetAddAsync(Keys.OfRoster()[0], dana.Id, TimeProvider.System.GetUtcNow().AddMinutes(-10).ToUnixTimeMilliseconds());
        var late = await Desk.Services(1).GetRequiredService<RosterStore>().OverdueAsync(Ct);
        await Desk.Services(0).GetRequiredService<LeaseSweeper>().SweepAsync(Ct);
        (await dana.ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK);

        foreach (var (operatorId, sessionId) in late.Sessions)
        {
            await Desk.Services(1).GetRequiredService<SessionReturner>().ReturnAsync(sessionId, operatorId, "gone", "operator_gone", late.At, Ct);
        }

        Assert.Equal([call.SessionId], await dana.MineAsync());
    }
}
