using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Storage;

/// <summary>Where reads wait for each other.</summary>
public sealed class ReadBulkheadTests : IDisposable
{
    private const int Places = 8, OneServer = -1;

    private readonly ReadBulkhead bulkhead = new(Places, patienceMilliseconds: 10_000);
    private readonly ReadBulkhead impatient = new(Places, patienceMilliseconds: 50);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        bulkhead.Dispose();
        impatient.Dispose();
    }

    [Fact]
    public async Task Who_finds_no_place_gets_the_first_that_is_left_in_the_order_of_coming()
    {
        var places = await FillAsync(bulkhead, OneServer);
        var (first, second) = (bulkhead.EnterAsync(OneServer, Ct).AsTask(), bulkhead.EnterAsync(OneServer, Ct).AsTask());
        Assert.False(first.IsCompleted || second.IsCompleted);

        places[3].Dispose();
        using var taken = await first;
        Assert.NotNull(taken);
        Assert.False(second.IsCompleted);

        places[0].Dispose();
        using var next = await second;
        Assert.NotNull(next);
    }

    [Fact]
    public async Task Nobody_waits_for_ever_and_who_gives_up_takes_no_place()
    {
        var places = await FillAsync(impatient, OneServer);
        Assert.Null(await impatient.EnterAsync(OneServer, Ct));
        using var gone = new CancellationTokenSource();
        await FillAsync(bulkhead, OneServer);
        var waiting = bulkhead.EnterAsync(OneServer, gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        places.ForEach(place => place.Dispose());
        Assert.Equal(Places, (await FillAsync(impatient, OneServer)).Count);
    }

    [Fact]
    public async Task The_slots_of_a_server_that_is_away_do_not_take_the_places_of_others()
    {
        await FillAsync(impatient, 0);

        Assert.Null(await impatient.EnterAsync(1023, Ct));
        Assert.Equal(Places, (await FillAsync(impatient, 1024)).Count);
        Assert.Equal(Places, (await FillAsync(impatient, 16383)).Count);
    }

    private static async Task<List<IDisposable>> FillAsync(ReadBulkhead bulkhead, int slot)
    {
        var places = new List<IDisposable>();
        for (var n = 0; n < Places; n++)
        {
            places.Add(Assert.IsAssignableFrom<IDisposable>(await bulkhead.EnterAsync(slot, Ct)));
        }

        return places;
    }
}
