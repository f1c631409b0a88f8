using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>How long Redis keeps what belongs to a session. Lifetimes are read just after the write, so they are within a minute of their limit, or a hundredth beyond.</summary>
public sealed class RetentionTests(ChatNodes nodes)
{
    private static readonly TimeSpan Empty = TimeSpan.FromHours(1), Idle = TimeSpan.FromHours(24), Closed = TimeSpan.FromDays(30);

    [Fact]
    public async Task An_empty_session_lasts_an_hour_and_one_with_a_message_a_day()
    {
        var (visitor, session) = await OpenAsync();
        await AssertLastsAsync(Empty, Keys.OfSession(session)[0]);

        await visitor.SayAsync("Hello", "first");
        await AssertLastsAsync(Idle, Keys.OfSession(session)[..3]);
    }

    [Fact]
    public async Task Every_write_renews_the_day()
    {
        var (visitor, session) = await OpenAsync();
        await visitor.SayAsync("Hello", "first");
        var dana = ChatClient.Operator(nodes);
        Func<Task<Answer>>[] writes =
        [
            () => visitor.SayAsync("Still here"),
            () => visitor.CallOperatorAsync(),
            () => dana.PostAsync("operator/calls/claim", new { sessionId = session }),
            () => dana.SayAsync("Hello", sessionId: session),
        ];
        foreach (var write in writes)
        {
            await AgeAsync(session);
            Assert.InRange((int)(await write()).Status, 200, 201);
            await AssertLastsAsync(Idle, Keys.OfSession(session)[..3]);
        }
    }

    [Fact]
    public async Task Messages_right_after_another_find_the_day_renewed()
    {
        var (visitor, session) = await OpenAsync();
        await visitor.SayAsync("Hello", "first");
        var keys = Keys.OfSession(session)[..3];
        var ends = await Task.WhenAll(keys.Select(key => Redis.KeyExpireTimeAsync(key)));

        await Task.Delay(10, TestContext.Current.CancellationToken);
        await visitor.SayAsync("Another");

        Assert.Equal(ends, await Task.WhenAll(keys.Select(key => Redis.KeyExpireTimeAsync(key))));
    }

    [Theory]
    [InlineData("call note say claim note answer note repeat close rate note")]
    [InlineData("say call claim answer note repeat say close note rate")]
    [InlineData("call claim note answer say release say repeat link note close repeat")]
    [InlineData("say link say repeat call note claim answer close rate")]
    [InlineData("link call claim answer close note rate")]
    public async Task Whatever_happens_all_of_a_session_ends_together(string story)
    {
        var (visitor, session) = await OpenAsync();
        var (sue, dana) = (ChatClient.Operator(nodes, role: "supervisor"), ChatClient.Operator(nodes));
        var keys = Keys.OfSession(session);
        foreach (var step in story.Split(' '))
        {
            // Some of the time passes: too little to have the next message renew it, but not the one after that.
            var left = await Redis.KeyTimeToLiveAsync(keys[0]) * 0.995;
            foreach (var key in keys)
            {
                await Redis.KeyExpireAsync(key, left);
            }

            var answer = step switch
            {
                "say" => await visitor.SayAsync("Hello"),
                "repeat" => await visitor.SayAsync("Again", "once"),
                "call" => await visitor.CallOperatorAsync(),
                "claim" => await dana.PostAsync("operator/calls/claim", new { sessionId = session }),
                "answer" => await dana.SayAsync("Hi", sessionId: session),
                "note" => await sue.PostAsync($"operator/sessions/{session}/notes", new { text = "Hm" }),
                "release" => await dana.PostAsync($"operator/sessions/{session}/release"),
                "link" => await LinkAsync(visitor),
                "close" => await visitor.PostAsync("chat/session/close"),
                _ => await visitor.PostAsync("chat/session/rating", new { score = 5 }),
            };
            Assert.True((int)answer.Status is >= 200 and < 300, $"{step}: {answer.Status} {answer.Body}");

            var ends = (await Task.WhenAll(keys.Select(key => Redis.KeyExpireTimeAsync(key)))).OfType<DateTime>().ToList();
            Assert.InRange(ends.Max() - ends.Min(), TimeSpan.Zero, TimeSpan.FromSeconds(1));
            Assert.Equal(ends.Count, (await Task.WhenAll(keys.Select(key => Redis.KeyExistsAsync(key)))).Count(isThere => isThere));
        }
    }

    [Fact]
    public async Task Calling_an_operator_without_a_word_counts_as_one()
    {
        var (visitor, session) = await OpenAsync();
        await visitor.CallOperatorAsync();

        await AssertLastsAsync(Idle, Keys.OfSession(session)[..2]);
    }

    [Fact]
    public async Task A_closed_session_lasts_a_month_and_reading_it_does_not_change_that()
    {
        var (visitor, session) = await OpenAsync();
        await visitor.SayAsync("Hello", "first");
        await visitor.PostAsync("chat/session/close");
        await AssertLastsAsync(Closed, Keys.OfSession(session)[..3]);

        await AgeAsync(session);
        await visitor.GetAsync("chat/poll");
        await visitor.GetAsync("chat/history");
        await visitor.PostAsync("chat/session/close");
        await AssertLastsAsync(Half, Keys.OfSession(session)[..3]);
    }

    [Fact]
    public async Task Taking_over_a_session_renews_its_day_and_closing_it_so_leaves_a_month()
    {
        var (visitor, session) = await OpenAsync();
        var (second, other) = await OpenAsync();
        var account = ChatClient.Account(nodes, ChatClient.NewId("user"));

        account.SessionToken = visitor.SessionToken;
        await account.OpenAsync();
        account.SessionToken = second.SessionToken;
        await account.OpenAsync();

        await AssertLastsAsync(Idle, Keys.OfSession(session)[..2]);
        await AssertLastsAsync(Closed, Keys.OfSession(other)[..2]);
    }

    [Fact]
    public async Task What_is_known_of_an_account_lasts_as_long_as_its_newest_session_may()
    {
        var user = ChatClient.NewId("user");
        var account = ChatClient.Account(nodes, user);
        await account.OpenAsync();
        await AssertLastsAsync(Closed + Idle, Keys.OfAccount(user)[0]);

        await account.PostAsync("chat/session/close");
        await account.OpenAsync();
        await AssertLastsAsync(Closed + Idle, Keys.OfAccount(user)[..2]);
    }

    [Fact]
    public async Task A_list_of_earlier_sessions_that_begins_with_a_linked_one_has_a_lifetime_too()
    {
        var (visitor, _) = await OpenAsync();
        var user = ChatClient.NewId("user");
        await ChatClient.Account(nodes, user).OpenAsync();

        var account = ChatClient.Account(nodes, user);
        account.SessionToken = visitor.SessionToken;
        await account.OpenAsync();

        await AssertLastsAsync(Closed + Idle, Keys.OfAccount(user)[..2]);
    }

    private static readonly TimeSpan Half = TimeSpan.FromMinutes(30);

    private IDatabase Redis => nodes.Redis.Database;

    private async Task<(ChatClient Visitor, string Session)> OpenAsync()
    {
        var visitor = ChatClient.Anonymous(nodes);
        return (visitor, (string)(await visitor.OpenAsync())["sessionId"]!);
    }

    /// <summary>The visitor signs in.</summary>
    private static async Task<Answer> LinkAsync(ChatClient visitor)
    {
        visitor.Bearer = Jwt.Issue(ChatClient.NewId("user"), "Alice");
        var answer = await visitor.PostAsync("chat/session");
        visitor.SessionToken = null;
        return answer;
    }

    /// <summary>As if nothing had been written for long.</summary>
    private async Task AgeAsync(string session)
    {
        foreach (var key in Keys.OfSession(session)[..3])
        {
            await Redis.KeyExpireAsync(key, Half);
        }
    }

    private async Task AssertLastsAsync(TimeSpan lifetime, params RedisKey[] keys)
    {
        foreach (var key in keys)
        {
            var left = await Redis.KeyTimeToLiveAsync(key);
            Assert.True(left > lifetime - TimeSpan.FromMinutes(1) && left <= lifetime * 1.01 + TimeSpan.FromSeconds(1), $"{key} lasts {left}, not {lifetime}.");
        }
    }
}
