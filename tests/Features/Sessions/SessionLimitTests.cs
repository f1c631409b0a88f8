using System.Net;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Messages;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>How often each side of a session may do what it does, whichever node it asks.</summary>
public sealed class SessionLimitTests(LimitedNodes limited) : IClassFixture<LimitedNodes>
{
    private const int SecondsPerMessage = 60 / LimitedNodes.MessagesPerMinute, SecondsPerPoll = 60 / LimitedNodes.PollsPerMinute;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_visitor_sends_as_many_messages_as_it_may_and_the_next_when_it_was_told(bool isAccount)
    {
        var visitor = await limited.VisitorAsync(isAccount);
        var n = 0;
        Task<Answer> SayAsync() => visitor.SayAsync($"Message {++n}");
        for (var i = 0; i < LimitedNodes.MessagesPerMinute; i++)
        {
            (await SayAsync()).Expect(HttpStatusCode.Created);
        }

        await limited.IsHonestlyRefusedAsync(SayAsync, SecondsPerMessage);

        // What was refused was not stored: the sixth to ninth, and those after the tenth.
        Assert.Equal(["Message 1", "Message 2", "Message 3", "Message 4", "Message 5", "Message 10"], (await visitor.HistoryAsync()).Texts());
    }

    [Fact]
    public async Task Messages_of_the_operator_are_counted_apart_from_the_visitors()
    {
        var (visitor, @operator) = (await limited.VisitorAsync(), ChatClient.Operator(limited.Nodes));
        var sessionId = await visitor.ServeAsync(@operator);
        for (var i = 0; i < LimitedNodes.MessagesPerMinute; i++)
        {
            (await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created);
        }

        LimitedNodes.RetryAfter(await visitor.SayAsync("Hello"));
        for (var i = 0; i < LimitedNodes.MessagesPerMinute; i++)
        {
            (await @operator.SayAsync("Good day", sessionId: sessionId)).Expect(HttpStatusCode.Created);
        }

        await limited.IsHonestlyRefusedAsync(() => @operator.SayAsync("Good day", sessionId: sessionId), SecondsPerMessage);
    }

    [Fact]
    public async Task A_repeated_send_counts_and_once_it_may_again_finds_the_message_that_was_stored()
    {
        var visitor = await limited.VisitorAsync();
        var first = (await visitor.SayAsync("Hello", "m-1")).Expect(HttpStatusCode.Created);
        for (var i = 1; i < LimitedNodes.MessagesPerMinute; i++)
        {
            Assert.Equal((string?)first["id"], (string?)(await visitor.SayAsync("Hello", "m-1")).Expect(HttpStatusCode.OK)["id"]);
        }

        await limited.IsHonestlyRefusedAsync(() => visitor.SayAsync("Hello", "m-1"), SecondsPerMessage);
        LimitedNodes.RetryAfter(await visitor.SayAsync("Another text", "m-1"));
        LimitedNodes.RetryAfter(await visitor.SayAsync("Hello", "m-2"));
        limited.Pass(TimeSpan.FromSeconds(SecondsPerMessage));
        (await visitor.SayAsync("Hello", "m-2")).Expect(HttpStatusCode.Created);
        Assert.Equal(2, (await visitor.HistoryAsync()).Messages().Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Polls_histories_and_transcripts_are_one_allowance(bool isAccount)
    {
        var visitor = await limited.VisitorAsync(isAccount);
        (await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created);
        string[] reads = ["chat/poll?after=0-0", "chat/poll", "chat/history", "chat/history?limit=2", "chat/session/transcript"];
        for (var i = 0; i < LimitedNodes.PollsPerMinute; i++)
        {
            (await visitor.GetAsync(reads[i % reads.Length])).Expect(HttpStatusCode.OK);
        }

        foreach (var read in (string[])[.. reads, "chat/poll?after=0-0&wait=25"])
        {
            Assert.Equal(SecondsPerPoll, LimitedNodes.RetryAfter(await visitor.GetAsync(read)));
        }

        await limited.IsHonestlyRefusedAsync(() => visitor.GetAsync("chat/poll"), SecondsPerPoll);
        (await visitor.SayAsync("Still with you")).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_refused_poll_moves_no_cursor()
    {
        var visitor = await limited.VisitorAsync();
        for (var i = 0; i < LimitedNodes.PollsPerMinute; i++)
        {
            await visitor.PollAsync();
        }

        (await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created);
        LimitedNodes.RetryAfter(await visitor.GetAsync("chat/poll"));
        LimitedNodes.RetryAfter(await visitor.GetAsync("chat/poll"));
        limited.Pass(TimeSpan.FromSeconds(SecondsPerPoll));
        Assert.Equal(["Hello"], (await visitor.PollAsync()).Texts());
    }

    [Fact]
    public async Task A_poll_that_waits_is_one_however_often_it_looks()
    {
        var visitor = await limited.VisitorAsync();
        var sessionId = visitor.SessionToken![..22];
        var waiting = visitor.GetAsync("chat/poll?after=0-0&wait=25");
        // Each announcement makes it look again; there is nothing to see. Those before it listens are lost, so what it reads is counted.
        for (var looks = 0; looks < 3 * LimitedNodes.PollsPerMinute; looks++)
        {
            var before = await limited.ReadsAsync();
            while (await limited.ReadsAsync() == before && !waiting.IsCompleted)
            {
                await limited.Nodes.Redis.Database.PublishAsync(RedisChannel.Sharded(Keys.Announcements(sessionId)), "1");
            }
        }

        Assert.False(waiting.IsCompleted, "The poll did not wait.");
        (await visitor.SayAsync("At last")).Expect(HttpStatusCode.Created);
        Assert.Equal(["At last"], (await waiting).Expect(HttpStatusCode.OK).Texts());
        for (var i = 1; i < LimitedNodes.PollsPerMinute; i++)
        {
            await visitor.PollAsync();
        }

        Assert.Equal(SecondsPerPoll, LimitedNodes.RetryAfter(await visitor.GetAsync("chat/poll")));
    }

    [Fact]
    public async Task A_long_history_is_one_however_many_stretches_it_takes()
    {
        var visitor = await limited.VisitorAsync();
        await limited.Nodes.StoreAsync(visitor, 1203);
        for (var i = 0; i < LimitedNodes.PollsPerMinute; i++)
        {
            Assert.Equal(1203, (await visitor.HistoryAsync(i % 2 == 0 ? "" : "?event=false")).Messages().Count);
        }

        Assert.Equal(SecondsPerPoll, LimitedNodes.RetryAfter(await visitor.GetAsync("chat/history")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_other_calls_are_one_allowance_and_a_refused_one_changes_nothing(bool isAccount)
    {
        var visitor = await limited.VisitorAsync(isAccount);
        var id = (string)(await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created)["id"]!;
        // Where an account opens its session is not known yet when that is counted.
        (string Path, object? Body)[] opening = isAccount ? [] : [("chat/session", null), ("chat/session", new { name = "Ann" })];
        (string Path, object? Body)[] actions = [("chat/typing", new { typing = true }), ("chat/read", new { upTo = id }), .. opening.Take(1)];
        for (var i = 0; i < LimitedNodes.PollsPerMinute; i++)
        {
            var (path, body) = actions[i % actions.Length];
            Assert.True((await visitor.PostAsync(path, body)).Status is HttpStatusCode.NoContent or HttpStatusCode.OK);
        }

        var key = Keys.Session((string)(await visitor.HistoryAsync())["sessionId"]!);
        var before = await StoredAsync();
        foreach (var (path, body) in ((string, object?)[])
            [.. actions, .. opening, ("chat/session/call-operator", null), ("chat/session/close", null)])
        {
            Assert.Equal(SecondsPerPoll, LimitedNodes.RetryAfter(await visitor.PostAsync(path, body)));
        }

        Assert.Equal(SecondsPerPoll, LimitedNodes.RetryAfter(await visitor.SendAsync(HttpMethod.Delete, "chat/session", null)));
        Assert.Equal(before, await StoredAsync());
        await limited.IsHonestlyRefusedAsync(() => visitor.PostAsync("chat/typing", new { typing = true }), SecondsPerPoll);
        (await visitor.SayAsync("Still with you")).Expect(HttpStatusCode.Created);

        async Task<IEnumerable<string>> StoredAsync() => (await limited.Nodes.Redis.Database.HashGetAllAsync(key)).Select(field => $"{field}").Order();
    }

    [Fact]
    public async Task A_rating_is_refused_too_and_then_not_kept()
    {
        var visitor = await limited.VisitorAsync();
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        // As after an operator's answer.
        await limited.Nodes.Redis.Database.HashSetAsync(Keys.Session(visitor.SessionToken![..22]), "responded", "2");
        for (var i = 1; i < LimitedNodes.PollsPerMinute; i++)
        {
            (await visitor.PostAsync("chat/session/rating", new { score = 5 })).Expect(HttpStatusCode.NoContent);
        }

        LimitedNodes.RetryAfter(await visitor.PostAsync("chat/session/rating", new { score = 1 }));
        var ratings = await limited.Nodes.Redis.Database.HashValuesAsync(Keys.Session(visitor.SessionToken![..22]));
        Assert.Contains("5", ratings.Select(value => (string?)value));
        Assert.DoesNotContain("1", ratings.Select(value => (string?)value));
    }

    [Fact]
    public async Task Zero_switches_the_limits_of_sessions_off()
    {
        await using var nodes = await ChatNodes.StartAsync(limited.Nodes.Redis.Configuration); // whose limits are all 0
        var visitor = await MessageSteps.VisitorAsync(nodes);
        for (var i = 0; i < 130; i++) // more than any default
        {
            (await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created);
            await visitor.PollAsync();
            (await visitor.PostAsync("chat/typing", new { typing = true })).Expect(HttpStatusCode.NoContent);
        }

        Assert.DoesNotContain(
            (await nodes.Redis.Database.HashKeysAsync(Keys.Session(visitor.SessionToken![..22]))).Select(field => (string)field!),
            field => field.Contains("messages", StringComparison.Ordinal) || field.Contains("polls", StringComparison.Ordinal) || field.Contains("actions", StringComparison.Ordinal));
    }
}
