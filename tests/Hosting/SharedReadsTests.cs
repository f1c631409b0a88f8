using Intotes.Chat.Hosting;

namespace Intotes.Chat.Tests.Hosting;

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
        var first = reads.ReadAsync("list", "dana", Ct);
        await begun.WaitAsync(Ct);
        var others = Enumerable.Range(0, 100).Select(_ => reads.ReadAsync("list", "dana", Ct)).ToList();

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

        await Assert.ThrowsAsync<InvalidOperationException>(() => reads.ReadAsync("list", "dana", Ct));
        fails = false;

        Assert.Equal(7, await reads.ReadAsync("list", "dana", Ct));
    }

    [Fact]
    public async Task Who_goes_away_ends_nobody_elses_read()
    {
        var end = new TaskCompletionSource<int>();
        var reads = new SharedReads<string, int>((_, _) => end.Task);
        using var gone = new CancellationTokenSource();
        var (first, second) = (reads.ReadAsync("list", "dana", gone.Token), reads.ReadAsync("list", "dana", Ct));

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        end.SetResult(3);

        Assert.Equal(3, await second);
    }

    [Fact]
    public async Task Who_asks_for_much_waits_for_itself_and_a_read_that_nobody_waits_for_does_not_begin()
    {
        var (order, begun, end) = (new List<string>(), new SemaphoreSlim(0), new SemaphoreSlim(0));
        var reads = new SharedReads<string, int>(async (key, _) =>
        {
            order.Add(key);
            begun.Release();
            await end.WaitAsync(Ct);
            return order.Count;
        });
        using var gone = new CancellationTokenSource();
        var first = reads.ReadAsync("under way", "dana", Ct);
        await begun.WaitAsync(Ct);
        var left = reads.ReadAsync("left", "dana", gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        var many = Enumerable.Range(1, SharedReads<string, int>.MostOfCaller).Select(n => reads.ReadAsync($"dana {n}", "dana", Ct)).ToList();

        await Assert.ThrowsAsync<TooManyRequestsException>(() => reads.ReadAsync("one more", "dana", Ct));
        var shared = reads.ReadAsync("dana 1", "dana", Ct);
        var others = reads.ReadAsync("eli's", "eli", Ct);
        end.Release(100);
        await Task.WhenAll([first, shared, others, .. many]);

        Assert.Equal(["under way", "dana 1", "eli's", "dana 2"], order[..4]);
        Assert.Equal(2 + many.Count, order.Count);
        Assert.Equal(11, await reads.ReadAsync("one more", "dana", Ct));
    }
}
