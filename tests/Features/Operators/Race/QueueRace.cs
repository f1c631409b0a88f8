using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Storage;

namespace Intotes.Chat.Tests.Features.Operators.Race;

/// <summary>
/// Many calls, few operators, two nodes over one Redis: four calls of five are in the queue before the first operator comes, the others are made
/// meanwhile. Operators claim, write, close, release and transfer; each dies sooner or later between two steps or comes back late,
/// and another takes its seat; some visitors hang up. It ends when every call is closed or with an operator that keeps it.
/// </summary>
internal sealed class QueueRace(int calls, int seats)
{
    private const int Keepers = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Ledger ledger = new(calls, Keepers);
    private int lives;

    /// <summary>Runs it and asserts everything that must hold afterwards.</summary>
    /// <returns>What happened, in one line.</returns>
    public async Task<string> RunAsync(string redis)
    {
        var logs = new LogWatch();
        // A slow answer of a busy machine is none that is lost.
        await using var first = ChatNode.Start(redis, logs, PatientNodes.Settings, FaultyGateway.Register);
        await using var second = ChatNode.Start(redis, logs, PatientNodes.Settings, FaultyGateway.Register);
        Desk[] desks = [new(first.Services), new(second.Services)];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);

        var visitors = new SessionToken[calls];
        await ForEachAsync(0, calls, async i => visitors[i] = await desks[i % 2].OpenAsync(patience.Token), patience.Token);
        var early = calls * 4 / 5;
        var called = new Session[calls];
        async Task CallAsync(int i) => called[i] = await desks[i % 2].CallAsync(visitors[i], i % 3 == 0 ? "billing" : "support", patience.Token);

        await ForEachAsync(0, early, CallAsync, patience.Token);
        var started = TimeProvider.System.GetTimestamp();
        try
        {
            var late = ForEachAsync(early, calls, CallAsync, patience.Token);
            await Task.WhenAll(Enumerable.Range(0, seats).Select(seat => FillSeatAsync(desks[seat % 2], visitors[..early], patience)));
            await late;
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            Assert.True(ledger.Violations.Count == 0, string.Join('\n', ledger.Violations));
            Assert.Fail($"After {Patience} some calls are still not served: {await Aftermath.DescribeAsync(desks[0], called.Select(s => s.Id).Where(id => !ledger.IsSettled(id)))}");
        }

        var took = TimeProvider.System.GetElapsedTime(started);
        Assert.True(ledger.Violations.Count == 0, string.Join('\n', ledger.Violations));
        Assert.Empty(logs.Unexpected);
        Assert.Subset(ledger.Struck.ToHashSet(), Steps.Deadly.ToHashSet());
        Assert.True(ledger.LateWritesRefused > 0);
        var aftermath = new Aftermath(desks[0], ledger, called, early);
        await aftermath.EveryCallHasOneEndAsync();
        await aftermath.OnlyWhoHadASessionWroteInItAsync();
        await aftermath.NobodyEverHadMoreThanItsCapacityAsync();
        await aftermath.CallsWereLentInTheOrderInWhichTheyWereMadeAsync();
        await aftermath.NothingIsLeftAsync();
        return $"{calls} calls, {seats} seats: {ledger.Claims} claims in {took.TotalSeconds:0.0} s by {lives} operators; {ledger.Deaths} died at "
            + $"{ledger.Struck.Count} different steps, {ledger.Zombies} came back late, {ledger.LateWritesRefused} late writes, all refused; "
            + $"{ledger.HungUpCount} visitors hung up, {ledger.Kept.Count} calls still held; none lost, none doubled.";
    }

    private async Task FillSeatAsync(Desk desk, IReadOnlyList<SessionToken> visitors, CancellationTokenSource patience)
    {
        try
        {
            while (!ledger.IsAllSettled)
            {
                await new OperatorLife(desk, ledger, visitors, Interlocked.Increment(ref lives)).LiveAsync(patience.Token);
            }
        }
        catch
        {
            await patience.CancelAsync(); // nobody needs to go on
            throw;
        }
    }

    private static Task ForEachAsync(int from, int to, Func<int, Task> action, CancellationToken ct) => Parallel.ForEachAsync(
        Enumerable.Range(from, to - from), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = ct }, async (i, _) => await action(i));
}
