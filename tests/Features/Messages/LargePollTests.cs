using System.Net;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>Polls, streams and pages of messages as long as they may be.</summary>
public sealed class LargePollTests(ChatNodes nodes)
{
    private const int Messages = 21, Fit = 2;

    private static readonly string LongText = string.Concat(Enumerable.Repeat("😀", MessageText.MostScalars - 5));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("?after=0-0", "?after=")]
    [InlineData("?after=0-0&limit=500", "?limit=500&after=")]
    [InlineData("?after=0-0&wait=1", "?wait=1&after=")]
    [InlineData("?limit=500", null)]
    [InlineData("", null)]
    public async Task One_answer_has_as_many_as_32_KB_hold_and_says_that_more_is_there(string first, string? further)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var ids = await StoreAsync(visitor, Messages, LongText);
        var found = new List<string>();
        for (var answer = await visitor.PollAsync(first); ; answer = await visitor.PollAsync(further is null ? first : further + found[^1]))
        {
            found.AddRange(answer.Ids());
            Assert.Equal(Math.Min(Fit, ids.Count - found.Count + answer.Ids().Count), answer.Ids().Count);
            Assert.Equal(found[^1], (string?)answer["cursor"]);
            if (found.Count == ids.Count)
            {
                Assert.True((int)answer["nextPollMs"]! > 0 || first.Contains("wait", StringComparison.Ordinal));
                break;
            }

            Assert.Equal(0, (int)answer["nextPollMs"]!);
        }

        Assert.Equal(ids, found);
    }

    [Theory]
    [InlineData("?after=0-0")]
    [InlineData("?after=0-0&limit=200")]
    [InlineData("?limit=200")]
    public async Task A_long_text_among_short_ones_is_told_in_its_place(string query)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var ids = new List<string>();
        foreach (var (count, text) in ((int, string)[])[(10, "short"), (3, LongText), (70, "short")])
        {
            ids.AddRange(await StoreAsync(visitor, count, text));
        }

        var found = (await visitor.PollAsync(query)).Ids().ToList();
        Assert.Equal(ids.Take(12), found);
        found.AddRange((await visitor.PollAsync($"?after={found[^1]}")).Ids());
        Assert.Equal(ids, found);
    }

    [Fact]
    public async Task A_closed_session_is_told_of_with_its_end_however_much_comes_before()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        await StoreAsync(visitor, 5, LongText);
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        var (events, next, after) = (new List<string?>(), 0, "0-0");
        while (next == 0)
        {
            var answer = await visitor.PollAsync($"?after={after}");
            (next, after) = ((int)answer["nextPollMs"]!, (string)answer["cursor"]!);
            events.AddRange(answer.Events());
        }

        Assert.Equal([null, null, null, null, null, "closed"], events);
    }

    [Fact]
    public async Task An_event_has_no_more_than_a_poll_and_all_come()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        await StoreAsync(visitor, Messages, LongText);
        using var stream = await EventStream.OpenAsync(nodes.NextAddress(), visitor);
        for (var found = 0; found < Messages;)
        {
            var texts = (await stream.NextAsync()).Texts;
            Assert.InRange(texts.Count, 1, Fit);
            found += texts.Count;
        }
    }

    [Theory]
    [InlineData("?limit=50")]
    [InlineData("?limit=50&event=false")]
    public async Task A_page_of_long_texts_is_whole(string query)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var ids = await StoreAsync(visitor, 60, LongText);
        (await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK);

        var page = await visitor.HistoryAsync(query);

        var expected = query.Contains("event", StringComparison.Ordinal) ? ids.TakeLast(50) : ids.TakeLast(49);
        Assert.Equal(expected, page.Ids().Take(expected.Count()));
        Assert.Equal(50, page.Ids().Count);
        Assert.True((bool)page["hasMore"]!);
        Assert.Equal(ids.Take(60 - expected.Count()), (await visitor.HistoryAsync($"{query}&before={page.Ids()[0]}")).Ids());
    }

    /// <summary>Stores them past HTTP, because that would take long.</summary>
    private async Task<IReadOnlyList<string>> StoreAsync(ChatClient visitor, int count, string text)
    {
        var store = nodes.Services.GetRequiredService<MessageStore>();
        var token = SessionToken.Parse(visitor.SessionToken!)!;
        var ids = new List<string>();
        for (var n = 0; n < count; n++)
        {
            ids.Add((await store.AppendAsync(SessionAccess.ByToken(token), new Caller.Visitor(token), null, text, Ct)).Reply!.Message!.Id);
        }

        return ids;
    }
}
