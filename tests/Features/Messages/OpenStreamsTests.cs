using Intotes.Chat.Features.Messages;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>How many streams one side of a session has at a node.</summary>
public sealed class OpenStreamsTests(ChatNodes nodes)
{
    [Theory]
    [InlineData("?after=0-0")] // answered before authentication
    [InlineData("")]
    public async Task One_stream_too_many_cuts_the_oldest_of_its_side_and_no_other(string query)
    {
        var (visitor, neighbour, dana) = (await MessageSteps.VisitorAsync(nodes), await MessageSteps.VisitorAsync(nodes), ChatClient.Operator(nodes));
        var session = await visitor.ServeAsync(dana);
        using var operators = await OpenAsync(dana, $"?after=0-0&sessionId={session}");
        using var neighbours = await OpenAsync(neighbour, query);
        var streams = new List<EventStream>();
        for (var n = 0; n < OpenStreams.Most; n++)
        {
            streams.Add(await OpenAsync(visitor, query));
        }

        await visitor.SayAsync("All");
        foreach (var stream in (EventStream[])[operators, .. streams])
        {
            await stream.UntilAsync(found => found.Texts.Contains("All"));
        }

        streams.Add(await OpenAsync(visitor, query));

        await Assert.ThrowsAnyAsync<IOException>(async () => await streams[0].UntilAsync(_ => false));
        await visitor.SayAsync("All but one");
        await neighbour.SayAsync("Mine");
        foreach (var stream in (EventStream[])[operators, .. streams[1..]])
        {
            await stream.UntilAsync(found => found.Texts.Contains("All but one"));
        }

        await neighbours.UntilAsync(found => found.Texts.Contains("Mine"));
        streams.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public void What_has_left_is_not_cut_and_makes_room()
    {
        var (streams, cut) = (new OpenStreams(), new List<int>());
        var places = Enumerable.Range(0, OpenStreams.Most).Select(Enter).ToList();
        places[3].Dispose();

        places.Add(Enter(10));
        Assert.Empty(cut);
        places.Add(Enter(11));
        places.Add(Enter(12));
        Assert.Equal([0, 1], cut);

        places.ForEach(place => place.Dispose());
        places = [.. Enumerable.Range(20, OpenStreams.Most).Select(Enter)];
        Assert.Equal([0, 1], cut);

        IDisposable Enter(int number) => streams.Enter("session", isOperator: false, () => cut.Add(number));
    }

    /// <summary>A stream whose first event was read.</summary>
    private async Task<EventStream> OpenAsync(ChatClient caller, string query)
    {
        var stream = await EventStream.OpenAsync(nodes.Addresses[0], caller, query);
        await stream.NextAsync();
        return stream;
    }
}
