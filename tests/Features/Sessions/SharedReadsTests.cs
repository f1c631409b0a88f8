using Intotes.Chat.Features.Sessions;

namespace Intotes.Chat.Tests.Features.Sessions;

public sealed class SharedReadsTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_who_ask_while_a_read_is_under_way_share_the_next_one()
    {
        var (number, begun, end) = (0, new SemaphoreSlim(0), new SemaphoreSlim(0));
        var reads = new SharedReads<string, int>(async (_, _) =>
        {
            var own = Interlocked.Increment(ref number);
            begun.Release();
            await end.WaitAsync(Ct);
            return own;
        });
        var first = reads.ReadAsync("list", Ct);
        await begun.WaitAsync(Ct);
        var others = Enumerable.Range(0, 100).Select(_ => reads.ReadAsync("list", Ct)).ToList();

        end.Release(2);

        Assert.Equal(1, await first);
        Assert.All(await Task.WhenAll(others), own => Assert.Equal(2, own)); // never one that had begun before they asked
        Assert.Equal(2, number);
    }

    [Fact]
    public async Task A_read_that_fails_fails_those_who_share_it_and_no_other()
    {
        var fails = true;
        var reads = new SharedReads<string, int>((_, _) => fails ? throw new InvalidOperationException("no") : Task.FromResult(7));

        await Assert.ThrowsAsync<InvalidOperationException>(() => reads.ReadAsync("list", Ct));
        fails = false;

        Assert.Equal(7, await reads.ReadAsync("list", Ct));
    }

    [Fact]
    public async Task Who_goes_away_ends_nobody_elses_read()
    {
        var end = new TaskCompletionSource<int>();
        var reads = new SharedReads<string, int>((_, _) => end.Task);
        using var gone = new CancellationTokenSource();
        var (first, second) = (reads.ReadAsync("list", gone.Token), reads.ReadAsync("list", Ct));

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        end.SetResult(3);

        Assert.Equal(3, await second);
    }
}
