using System.Net;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>What a stream of events does as time passes, which it does only as each test says. Redis keeps its own time.</summary>
public sealed class EventTimesTests : IAsyncLifetime
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15), InQueue = TimeSpan.FromSeconds(5), WhileTyping = TimeSpan.FromSeconds(6.5), Lease = TimeSpan.FromSeconds(60), Step = TimeSpan.FromSeconds(5);

    private readonly WatchedTime time = new();
    private RedisServerProcess? redis;
    private ChatNodes? both;

    private ChatNodes Nodes => both!;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        both = await ChatNodes.StartAsync(redis.Configuration, change: time.Register);
    }

    public async ValueTask DisposeAsync()
    {
        await using var second = redis;
        await using var first = both;
    }

    [Fact]
    public async Task A_comment_comes_after_every_15_seconds_without_an_event()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        using var stream = await OpenAsync(visitor);
        await stream.NextAsync();

        for (var n = 0; n < 3; n++)
        {
            await time.UntilWaitingAsync(Quiet);
            time.Advance(Quiet);
            Assert.Equal(new ServerEvent(null, null), await stream.ReadAsync());
        }

        await time.UntilWaitingAsync(Quiet);
        time.Advance(TimeSpan.FromSeconds(10));
        (await visitor.PostAsync("chat/typing", new { typing = true })).Expect(HttpStatusCode.NoContent);
        // Its own typing is nothing to tell a visitor; only that time is up which was left.
        await time.UntilWaitingAsync(TimeSpan.FromSeconds(5));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(new ServerEvent(null, null), await stream.ReadAsync());
    }

    [Fact]
    public async Task A_message_that_nobody_announced_is_found_after_15_seconds()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        using var stream = await OpenAsync(visitor);
        await stream.NextAsync();
        await time.UntilWaitingAsync(Quiet);

        await StoreUnannouncedAsync(visitor, "Unheard");
        time.Advance(Quiet);

        Assert.Equal(["Unheard"], (await stream.NextAsync()).Texts);
    }

    [Fact]
    public async Task A_visitor_that_stopped_typing_without_a_word_is_shown_so_before_the_quiet_is_over()
    {
        var (visitor, dana) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes));
        var session = await visitor.ServeAsync(dana);
        using var stream = await OpenAsync(visitor);
        await stream.NextAsync();
        (await dana.PostAsync("chat/typing", new { typing = true })).Expect(HttpStatusCode.NoContent);
        await stream.UntilAsync(e => (bool)e.Data!["typing"]!);
        await time.UntilWaitingAsync(WhileTyping);

        await Nodes.Redis.Database.KeyDeleteAsync(Keys.Typing(session, "operator")); // as it would be gone after six seconds
        time.Advance(WhileTyping);

        Assert.False((bool)(await stream.NextAsync()).Data!["typing"]!);
    }

    [Fact]
    public async Task Who_waits_in_the_queue_is_told_when_its_place_changes()
    {
        var (before, visitor) = (await MessageSteps.VisitorAsync(Nodes), await MessageSteps.VisitorAsync(Nodes));
        (await before.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        (await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        var patience = TimeProvider.System.GetTimestamp();
        void BePatient() => Assert.True(TimeProvider.System.GetElapsedTime(patience) < EventStream.Patience, "Nobody told the place.");
        while ((await visitor.GetFromEachAsync(Nodes, "/api/v1/chat/poll?after=0-0")).Any(poll => (int)poll["queue"]!["position"]! != 2))
        {
            BePatient();
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        using var stream = await OpenAsync(visitor);
        Assert.Equal(2, (int)(await stream.NextAsync()).Data!["queue"]!["position"]!);

        await before.ServeAsync(ChatClient.Operator(Nodes));
        var (place, next) = (2, stream.NextAsync());
        while (place != 1)
        {
            // Each node looks at the queue once a second, by its own time.
            BePatient();
            await time.UntilWaitingAsync(InQueue);
            time.Advance(InQueue);
            if (await Task.WhenAny(next, Task.Delay(300, TestContext.Current.CancellationToken)) == next)
            {
                place = (int)(await next).Data!["queue"]!["position"]!;
                next = stream.NextAsync();
            }
        }
    }

    [Theory]
    [InlineData("says something")]
    [InlineData("goes on writing")]
    [InlineData("is silent")]
    public async Task An_operator_that_follows_keeps_its_session_whatever_the_visitor_does(string what)
    {
        var (visitor, dana) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.NewId("operator"));
        var @operator = ChatClient.Operator(Nodes, dana);
        await visitor.ServeAsync(@operator);
        await visitor.PostAsync("chat/typing", new { typing = true });
        using var stream = await OpenAsync(@operator);
        await stream.NextAsync();
        await time.UntilWaitingAsync();
        var (seen, before) = (Keys.OfRoster()[0], Nodes.Redis.Database.SortedSetScore(Keys.OfRoster()[0], dana)!.Value - 1000);
        await Nodes.Redis.Database.SortedSetAddAsync(seen, dana, before);

        for (var passed = TimeSpan.Zero; passed < Lease; passed += Step)
        {
            time.Forget();
            if (what == "says something")
            {
                (await visitor.SayAsync("Word by word")).Expect(HttpStatusCode.Created);
                await stream.UntilAsync(e => e.Texts.Count > 0);
            }
            else if (what == "goes on writing")
            {
                await visitor.PostAsync("chat/typing", new { typing = true });
                await time.UntilWaitingAsync();
            }

            time.Advance(Step);
        }

        // Each look of the stream begins with the renewal that is due.
        (await visitor.SayAsync("The last word")).Expect(HttpStatusCode.Created);
        await stream.UntilAsync(e => e.Texts.Contains("The last word"));
        Assert.True(await Nodes.Redis.Database.SortedSetScoreAsync(seen, dana) > before, "Nothing has renewed its leases.");
    }

    [Fact]
    public async Task A_stream_lasts_for_its_wait_and_no_longer()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        using var asked = await OpenAsync(visitor, "?wait=20");
        using var usual = await OpenAsync(visitor);
        await Task.WhenAll(asked.NextAsync(), usual.NextAsync());
        await time.UntilWaitingAsync(Quiet);
        await time.UntilWaitingAsync(Quiet);

        time.Advance(TimeSpan.FromSeconds(19));
        (await visitor.SayAsync("Still there?")).Expect(HttpStatusCode.Created);
        Assert.Equal(["Still there?"], (await asked.UntilAsync(e => true)).Texts);
        await time.UntilWaitingAsync(TimeSpan.FromSeconds(1));
        time.Advance(TimeSpan.FromSeconds(1));
        await asked.EndAsync();

        (await visitor.SayAsync("And you?")).Expect(HttpStatusCode.Created);
        Assert.Equal(["Still there?", "And you?"], await usual.TextsAsync(2));
        time.Advance(TimeSpan.FromSeconds(600));
        await usual.EndAsync();
    }

    [Fact]
    public async Task A_stream_ends_with_the_token_of_its_caller()
    {
        var user = ChatClient.Account(Nodes, "user");
        user.Bearer = Jwt.Issue("user", expiresIn: TimeSpan.FromSeconds(100));
        (await user.OpenAsync()).Expect(HttpStatusCode.Created);
        using var stream = await OpenAsync(user, "?wait=3600");
        await stream.NextAsync();
        await time.UntilWaitingAsync(Quiet);

        time.Advance(TimeSpan.FromSeconds(101));
        await stream.EndAsync();
    }

    /// <summary>As where the announcement was lost on its way.</summary>
    private Task<RedisValue> StoreUnannouncedAsync(ChatClient visitor, string text) => Nodes.Redis.Database.StreamAddAsync(
        Keys.OfSession(SessionToken.Parse(visitor.SessionToken!)!.SessionId)[1],
        [new NameValueEntry("from", "visitor"), new NameValueEntry("name", ""), new NameValueEntry("text", text)]);

    private Task<EventStream> OpenAsync(ChatClient caller, string query = "") => EventStream.OpenAsync(Nodes.NextAddress(), caller, query);
}
