using System.Net;
using Intotes.Chat.Features;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

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

    [Fact]
    public async Task What_may_be_dead_is_looked_at_every_five_seconds_and_not_in_each_sweep()
    {
        const string department = "unswept", session = "DDDDDDDDDDDDDDDDDDDDDD";
        var (time, services) = (new FakeTimeProvider(), Desk.Services(0));
        var queue = services.GetRequiredService<QueueStore>();
        using var departments = new Departments(
            queue, services.GetRequiredService<DepartmentStore>(), Options.Create(new ChatOptions { Departments = [department] }), time, NullLogger<Departments>.Instance);
        var sweeper = ActivatorUtilities.CreateInstance<QueueSweeper>(services, time, departments);
        await sweeper.SweepAsync(Ct);
        await queue.EnqueueAsync(department, session, TimeProvider.System.GetUtcNow(), WaitEstimate.Unknown, Ct);

        for (var sweeps = 0; sweeps < 9; sweeps++)
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            await sweeper.SweepAsync(Ct);
        }

        Assert.Equal([session], await queue.HeadAsync(department, 10, Ct));
        time.Advance(TimeSpan.FromMilliseconds(500));
        await sweeper.SweepAsync(Ct);
        Assert.Empty(await queue.HeadAsync(department, 10, Ct));
    }
}
