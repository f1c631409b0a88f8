using System.Net;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>Conversations that the service reads in several stretches.</summary>
public sealed class LongHistoryTests(ChatNodes nodes)
{
    private const int Messages = 1_202;

    [Fact]
    public async Task A_conversation_of_1203_entries_is_read_whole_in_order_and_in_pages()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var ids = await nodes.StoreAsync(visitor, Messages);
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);

        var whole = await visitor.HistoryAsync();
        Assert.Equal(Messages + 1, whole.Messages().Count);
        Assert.Equal(ids, whole.Ids().Take(Messages));
        Assert.Equal(Enumerable.Range(1, Messages).Select(n => $"Message {n}"), whole.Texts().Take(Messages));
        Assert.Equal("closed", whole.Events()[^1]);
        Assert.Equal(whole.Ids()[^1], (string?)whole["cursor"]);
        Assert.False((bool)whole["hasMore"]!);
        Assert.Equal(ids, (await visitor.HistoryAsync("?event=false")).Ids());

        var newest = await visitor.HistoryAsync("?limit=500");
        var middle = await visitor.HistoryAsync($"?limit=500&before={newest.Ids()[0]}");
        var oldest = await visitor.HistoryAsync($"?limit=500&before={middle.Ids()[0]}");
        Assert.Equal(whole.Ids(), [.. oldest.Ids(), .. middle.Ids(), .. newest.Ids()]);
        Assert.Equal([true, true, false], ((Answer[])[newest, middle, oldest]).Select(page => (bool)page["hasMore"]!));
        Assert.Equal([500, 500, 203], ((Answer[])[newest, middle, oldest]).Select(page => page.Messages().Count));

        Assert.Equal(whole.Ids().Take(700), (await visitor.HistoryAsync($"?before={whole.Ids()[700]}")).Ids());
    }

    [Theory]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(128)]
    [InlineData(499)]
    [InlineData(500)]
    [InlineData(501)]
    [InlineData(1_000)]
    public async Task Nothing_is_lost_where_two_stretches_meet(int messages)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var ids = await nodes.StoreAsync(visitor, messages);

        Assert.Equal(ids, (await visitor.HistoryAsync()).Ids());
        var page = await visitor.HistoryAsync("?limit=500");
        Assert.Equal(ids.TakeLast(500), page.Ids());
        Assert.Equal(messages > 500, (bool)page["hasMore"]!);
        Assert.Equal(ids.TakeLast(500), (await visitor.HistoryAsync("?limit=500&event=false")).Ids());
    }

    [Fact]
    public async Task A_history_that_is_read_while_messages_arrive_ends_at_its_cursor_and_polling_goes_on_from_there()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        await nodes.StoreAsync(visitor, 600);

        var writing = nodes.StoreAsync(visitor, 200);
        var histories = new List<Answer>();
        while (!writing.IsCompleted || histories.Count == 0)
        {
            histories.Add(await visitor.HistoryAsync());
        }

        await writing;
        var all = (await visitor.HistoryAsync()).Ids();
        Assert.Equal(800, all.Count);
        foreach (var history in histories)
        {
            Assert.Equal(history.Ids()[^1], (string?)history["cursor"]);
            var after = await visitor.PollAsync($"?limit=500&after={(string?)history["cursor"]}");
            Assert.Equal(all, [.. history.Ids(), .. after.Ids()]);
        }
    }
}
