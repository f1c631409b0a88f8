using System.Net;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>
/// A failover has lost the newest entries of a session, which callers have seen already, and the clock of the server that took over is behind: what is
/// stored now comes before their cursors.
/// </summary>
public sealed class CursorAheadTests(PrivateNodes own) : IClassFixture<PrivateNodes>
{
    private ChatNodes Nodes => own.Nodes;

    public static TheoryData<string> Polls => ["?after={0}", "?after={0}&limit=50", "?after={0}&wait=1", "?after={0}&wait=20&limit=50"];

    [Theory]
    [MemberData(nameof(Polls))]
    public async Task A_poll_finds_what_is_stored_before_its_cursor_and_goes_on_from_there(string query)
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var lost = await LoseAsync(visitor);
        var answer = (string)(await visitor.SayAsync("After it")).Expect(HttpStatusCode.Created)["id"]!;

        var poll = await visitor.PollAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, query, lost));

        Assert.Equal(["Before it", "After it"], poll.Texts());
        Assert.Equal(answer, (string?)poll["cursor"]);
        Assert.Empty((await visitor.PollAsync($"?after={answer}")).Messages());
    }

    [Fact]
    public async Task A_poll_that_waits_hears_of_it()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var lost = await LoseAsync(visitor);

        // Everything again, at once; from there it waits as ever.
        var all = await visitor.PollAsync($"?after={lost}&wait=20");
        Assert.Equal(["Before it"], all.Texts());
        var waiting = visitor.PollAsync($"?after={all["cursor"]}&wait=20");
        (await visitor.SayAsync("After it")).Expect(HttpStatusCode.Created);
        Assert.Equal(["After it"], (await waiting).Texts());
    }

    [Fact]
    public async Task A_stream_of_events_that_resumes_tells_it()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var lost = await LoseAsync(visitor);
        (await visitor.SayAsync("After it")).Expect(HttpStatusCode.Created);

        using var events = await EventStream.OpenAsync(Nodes.Addresses[0], visitor, $"?after={lost}");

        Assert.Equal(["Before it", "After it"], (await events.NextAsync()).Texts);
    }

    [Fact]
    public async Task An_operator_gets_it_too()
    {
        var (visitor, dana) = (await MessageSteps.VisitorAsync(Nodes), ChatClient.Operator(Nodes));
        await visitor.ServeAsync(dana);
        var lost = await LoseAsync(visitor);
        (await visitor.SayAsync("After it")).Expect(HttpStatusCode.Created);

        Assert.Contains("After it", (await dana.PollAsync($"?after={lost}")).Texts());
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Where_nothing_is_left_the_cursor_is_the_beginning()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);

        var poll = await visitor.PollAsync("?after=1700000000000-0");

        Assert.Empty(poll.Messages());
        Assert.Equal("0-0", (string?)poll["cursor"]);
    }

    [Fact]
    public async Task A_session_of_an_earlier_version_is_looked_at_once()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        var id = (string)(await visitor.SayAsync("Before it")).Expect(HttpStatusCode.Created)["id"]!;
        await Nodes.Redis.Database.HashDeleteAsync(KeysOf(visitor)[0], "newest");

        var poll = await visitor.PollAsync($"?after={id}");

        Assert.Empty(poll.Messages());
        Assert.Equal(id, (string?)poll["cursor"]);
        Assert.Equal(id, (string?)await Nodes.Redis.Database.HashGetAsync(KeysOf(visitor)[0], "newest"));
    }

    /// <summary>Says something, and loses something said ten minutes later by the clock of then. Returns the id of that.</summary>
    private async Task<string> LoseAsync(ChatClient visitor)
    {
        (await visitor.SayAsync("Before it")).Expect(HttpStatusCode.Created);
        var (redis, keys) = (Nodes.Redis.Database, KeysOf(visitor));
        var before = await Task.WhenAll(Array.ConvertAll(keys, key => redis.KeyDumpAsync(key)));
        var lost = $"{TimeProvider.System.GetUtcNow().AddMinutes(10).ToUnixTimeMilliseconds()}-0";
        await redis.StreamAddAsync(keys[1], [new("from", "visitor"), new("name", ""), new("text", "Lost")], lost);
        await redis.HashSetAsync(keys[0], "newest", lost);
        Assert.Contains("Lost", (await visitor.PollAsync("?after=0-0")).Texts());

        foreach (var (key, dump) in keys.Zip(before))
        {
            await redis.KeyDeleteAsync(key);
            await (dump is null ? Task.CompletedTask : redis.KeyRestoreAsync(key, dump, TimeSpan.FromHours(1)));
        }

        return lost;
    }

    private static RedisKey[] KeysOf(ChatClient visitor) => [.. Keys.OfSession(SessionToken.Parse(visitor.SessionToken!)!.SessionId)[..3]];
}
