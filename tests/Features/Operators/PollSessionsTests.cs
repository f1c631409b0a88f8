using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(DeskNodes))]
public sealed class PollSessionsTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task Without_a_cursor_it_tells_everything_and_with_one_only_the_news()
    {
        var dana = Desk.Operator();
        var (first, second) = (await Desk.CallHeldByAsync(dana), await Desk.CallHeldByAsync(dana));
        await first.Visitor.SayAsync("one");

        var all = await PollAsync(dana);
        Assert.Equal(["operator_called", "operator_joined", "one"], Texts(all, first));
        Assert.Equal(["operator_called", "operator_joined"], Texts(all, second));

        await second.Visitor.SayAsync("two");
        for (var i = 0; i < 2; i++)
        {
            var news = await PollAsync(dana, all);
            Assert.Empty(Texts(news, first)!);
            Assert.Equal(["two"], Texts(news, second));
        }

        var after = await PollAsync(dana, await PollAsync(dana, all));
        Assert.Empty(Texts(after, first)!);
        Assert.Empty(Texts(after, second)!);
    }

    [Fact]
    public async Task A_session_that_is_new_comes_whole_and_one_that_was_given_away_is_missing()
    {
        var dana = Desk.Operator();
        var kept = await Desk.CallHeldByAsync(dana);
        var released = await Desk.CallHeldByAsync(dana);
        var before = await PollAsync(dana);

        var added = await Desk.CallAsync();
        await added.Visitor.SayAsync("hello");
        await dana.ClaimAsync(added.SessionId);
        await dana.ReleaseAsync(released.SessionId);

        var news = await PollAsync(dana, before);
        Assert.Empty(Texts(news, kept)!);
        Assert.Equal(["operator_called", "hello", "operator_joined"], Texts(news, added));
        Assert.Null(Texts(news, released));
    }

    [Fact]
    public async Task A_session_that_was_closed_comes_once_more_with_its_end()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        var before = await PollAsync(dana);
        await call.Visitor.SayAsync("Thanks!");
        await call.Visitor.PostAsync("chat/session/close");

        var news = await PollAsync(dana, before);
        Assert.Equal(["Thanks!", "closed"], Texts(news, call));
        Assert.Equal("closed", (string?)Session(news, call)!["status"]);
        Assert.Null(Session(await PollAsync(dana, news), call));
        Assert.Null(Session(await PollAsync(dana), call));
    }

    [Fact]
    public async Task However_many_sessions_have_news_one_answer_has_no_more_texts_than_32_KB_and_all_come_in_order()
    {
        var dana = Desk.Operator();
        (await dana.PutAsync("operator/presence", new { capacity = 4 })).Expect(HttpStatusCode.OK);
        var calls = new List<DeskCall>();
        for (var n = 0; n < 4; n++)
        {
            calls.Add(await Desk.CallHeldByAsync(dana));
        }

        var answer = await PollAsync(dana);
        var (found, expected) = (calls.ToDictionary(call => call.SessionId, _ => new List<string>()), Enumerable.Range(0, 12).Select(n => n % 3 == 0 ? new string('x', 3_900) + n : $"{n}").ToList());
        foreach (var text in expected)
        {
            await Task.WhenAll(calls.Select(call => call.Visitor.SayAsync(text)));
        }

        // A closed one is told to its end, too.
        (await calls[^1].Visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        do
        {
            answer = await PollAsync(dana, answer);
            var texts = calls.Select(call => (call.SessionId, Texts: Texts(answer, call) ?? [])).ToList();
            Assert.InRange(texts.Sum(of => of.Texts.Sum(text => text.Length)), 1, 32 * 1024);
            texts.ForEach(of => found[of.SessionId].AddRange(of.Texts));
        }
        while ((int)answer["nextPollMs"]! == 0);

        Assert.All(calls.SkipLast(1), call => Assert.Equal(expected, found[call.SessionId]));
        Assert.Equal([.. expected, "closed"], found[calls[^1].SessionId]);
    }

    [Fact]
    public async Task A_waiting_poll_is_woken_by_a_message()
    {
        var dana = Desk.Operator();
        await Desk.CallHeldByAsync(dana);
        var call = await Desk.CallHeldByAsync(dana);

        var woken = await WokenAsync(WaitAsync(dana, await PollAsync(dana)), async () =>
        {
            await Desk.ListeningAsync(Keys.Announcements(call.SessionId));
            await call.Visitor.SayAsync("Are you there?");
        });

        Assert.Equal(["Are you there?"], Texts(woken, call));
    }

    [Fact]
    public async Task A_waiting_poll_is_woken_by_typing_and_by_a_read_receipt()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        var sent = (string)(await dana.SayAsync("Hello!", call.SessionId))["id"]!;
        var before = await PollAsync(dana);

        var writing = await WokenAsync(WaitAsync(dana, before), async () =>
        {
            await Desk.ListeningAsync(Keys.Announcements(call.SessionId));
            await call.Visitor.PostAsync("chat/typing", new { typing = true });
        });
        Assert.True((bool)Session(writing, call)!["typing"]!);

        var read = await WokenAsync(WaitAsync(dana, writing), async () =>
        {
            await Desk.ListeningAsync(Keys.Announcements(call.SessionId));
            await call.Visitor.PostAsync("chat/read", new { upTo = sent });
        });
        Assert.Equal(sent, (string?)Session(read, call)!["readUpTo"]);
    }

    [Fact]
    public async Task What_shows_without_a_message_is_told_even_if_it_came_between_two_polls()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        var before = await PollAsync(dana);
        await call.Visitor.PostAsync("chat/typing", new { typing = true });

        var answer = await WaitAsync(dana, before).WaitAsync(TimeSpan.FromSeconds(15), Ct);

        Assert.True((bool)Session(answer, call)!["typing"]!);
    }

    [Fact]
    public async Task A_waiting_poll_is_woken_by_a_call()
    {
        var dana = Desk.Operator();

        var woken = await WokenAsync(WaitAsync(dana, await PollAsync(dana)), async () =>
        {
            await Desk.ListeningAsync(Keys.CallsOf("billing"));
            await Desk.CallAsync("billing");
        });

        Assert.Equal(1, (int)woken.Expect(HttpStatusCode.OK)["queue"]!["waiting"]!);
    }

    [Fact]
    public async Task A_waiting_poll_without_news_answers_when_its_time_is_up()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        var before = await PollAsync(dana);
        var started = TimeProvider.System.GetTimestamp();

        var answer = await dana.GetAsync($"operator/poll?wait=1&after={before["cursor"]}");

        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromSeconds(0.95), TimeSpan.FromSeconds(5));
        Assert.Empty(Texts(answer, call)!);
    }

    [Fact]
    public async Task The_queue_summary_covers_the_operators_departments()
    {
        var dana = Desk.Operator();
        Assert.Equal((0, null), Queue(await PollAsync(dana)));
        var old = await Desk.CallAsync();
        await Desk.CallAsync("billing");
        await Desk.CallAsync("billing");
        await CalledBeforeAsync(old, TimeSpan.FromMinutes(10));

        var (waiting, longest) = Queue(await PollAsync(dana));
        Assert.Equal(3, waiting);
        Assert.InRange(longest!.Value, 600, 660);

        await dana.ServeAsync("billing");
        (waiting, longest) = Queue(await PollAsync(dana));
        Assert.Equal(2, waiting);
        Assert.InRange(longest!.Value, 0, 60);
    }

    [Fact]
    public async Task More_than_one_answer_holds_follows_at_once()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        foreach (var few in Enumerable.Range(0, 205).Chunk(20))
        {
            await Task.WhenAll(few.Select(i => call.Visitor.SayAsync($"{i}")));
        }

        var first = await PollAsync(dana);
        Assert.Equal(0, (int)first["nextPollMs"]!);
        Assert.Equal(200, Texts(first, call)!.Count);
        var rest = await PollAsync(dana, first);
        Assert.Equal(7, Texts(rest, call)!.Count);
        Assert.InRange((int)rest["nextPollMs"]!, 1, 60_000);
    }

    /// <summary>The whole queue entry of a call says when it was first made.</summary>
    private async Task CalledBeforeAsync(DeskCall call, TimeSpan age)
    {
        var calls = Keys.OfQueue("support")[1];
        var entry = (string)(await Desk.Database.HashGetAsync(calls, call.SessionId))!;
        var time = (TimeProvider.System.GetUtcNow() - age).ToUnixTimeMilliseconds() * 1000;
        await Desk.Database.HashSetAsync(calls, call.SessionId, $"{time}{entry[entry.IndexOf(' ', StringComparison.Ordinal)..]}");
    }

    private static async Task<Answer> PollAsync(DeskCaller @operator, Answer? after = null) =>
        (await @operator.GetAsync(after is null ? "operator/poll" : $"operator/poll?after={after["cursor"]}")).Expect(HttpStatusCode.OK);

    private static Task<Answer> WaitAsync(DeskCaller @operator, Answer after) => @operator.GetAsync($"operator/poll?wait=25&after={after["cursor"]}");

    private static JsonNode? Session(Answer poll, DeskCall call) =>
        poll["sessions"]!.AsArray().SingleOrDefault(s => (string?)s!["sessionId"] == call.SessionId);

    /// <summary>What people wrote, and events; null where the session is not in the answer.</summary>
    private static List<string>? Texts(Answer poll, DeskCall call) =>
        Session(poll, call)?["messages"]!.AsArray().Select(m => (string?)m!["event"] ?? (string)m["text"]!).ToList();

    private static (int Waiting, int? Longest) Queue(Answer poll) => ((int)poll["queue"]!["waiting"]!, (int?)poll["queue"]!["longestWaitSeconds"]);
}
