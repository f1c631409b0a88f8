using System.Net;
using System.Text;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>A node whose sessions take 20,000 bytes.</summary>
public sealed class SessionBytesTests(ChatNodes shared) : IAsyncLifetime
{
    private const int Most = 20_000;

    private static readonly string Emoji = string.Concat(Enumerable.Repeat("\U0001F600", 1000));

    private ChatNodes? own;

    private ChatNodes Nodes => own!;

    public async ValueTask InitializeAsync() =>
        own = await ChatNodes.StartAsync(shared.Redis.Configuration, count: 1, new Dictionary<string, string> { ["Chat:Limits:BytesPerSession"] = $"{Most}" });

    public ValueTask DisposeAsync() => Nodes.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_takes_as_many_bytes_as_it_may_from_both_sides_and_can_still_be_closed(bool isAccount)
    {
        var visitor = isAccount ? ChatClient.Account(Nodes, ChatClient.NewId("user")) : ChatClient.Anonymous(Nodes);
        (await visitor.OpenAsync()).Expect(HttpStatusCode.Created);
        var dana = ChatClient.Operator(Nodes);
        var session = await visitor.ServeAsync(dana);
        var stored = await BytesAsync(session);
        for (var n = 1; stored + 4000 + SessionStore.MessageOverhead <= Most; n++)
        {
            (await visitor.SayAsync(Emoji, $"m-{n}")).Expect(HttpStatusCode.Created);
            stored += 4000 + SessionStore.MessageOverhead;
            Assert.Equal(stored, await BytesAsync(session));
        }

        (await visitor.SayAsync(Emoji, "m-9")).ExpectProblem(409, "session_full");
        (await dana.SayAsync(Emoji, sessionId: session)).ExpectProblem(409, "session_full");
        (await visitor.SayAsync(Emoji, "m-1")).Expect(HttpStatusCode.OK);
        Assert.Equal(stored, await BytesAsync(session));

        // To the last byte; the name of the operator counts.
        var last = new string('x', Most - stored - SessionStore.MessageOverhead - "Dana".Length);
        (await dana.SayAsync(last + "x", sessionId: session)).ExpectProblem(409, "session_full");
        (await dana.SayAsync(last, sessionId: session)).Expect(HttpStatusCode.Created);
        (await visitor.SayAsync("x")).ExpectProblem(409, "session_full");
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        Assert.Equal("closed", (await visitor.HistoryAsync()).Events()[^1]);
    }

    [Fact]
    public async Task Notes_have_as_many_bytes_of_their_own_and_a_full_session_takes_no_call()
    {
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        (var dana, string text) = (ChatClient.Operator(Nodes), new('x', 3000));
        var session = await visitor.ServeAsync(dana);
        var size = text.Length + "Dana".Length + SessionStore.MessageOverhead;
        for (var n = 1; n <= Most / size; n++)
        {
            (await dana.PostAsync($"operator/sessions/{session}/notes", new { text })).Expect(HttpStatusCode.Created);
        }

        (await dana.PostAsync($"operator/sessions/{session}/notes", new { text })).ExpectProblem(409, "session_full");
        (await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created);

        var full = await MessageSteps.VisitorAsync(Nodes);
        while ((await full.SayAsync(text)).Status == HttpStatusCode.Created)
        {
        }

        while ((await full.SayAsync("x")).Status == HttpStatusCode.Created)
        {
        }

        var id = SessionToken.Parse(full.SessionToken!)!.SessionId;
        await Nodes.Redis.Database.HashSetAsync(Keys.Session(id), "bytes", Most);
        (await full.CallOperatorAsync()).ExpectProblem(409, "session_full");
    }

    /// <summary>What is counted is near what Redis really takes: neither a third less nor twice as much.</summary>
    [Theory]
    [InlineData("Hello", 60)]
    [InlineData("A sentence of an ordinary length, as people write to a support chat.", 50)]
    [InlineData("\U0001F600\U0001F601\U0001F602 x 1000", 4)]
    public async Task What_is_counted_is_near_what_redis_takes(string text, int messages)
    {
        text = text.EndsWith("x 1000", StringComparison.Ordinal) ? Emoji : text;
        var visitor = await MessageSteps.VisitorAsync(Nodes);
        for (var n = 0; n < messages; n++)
        {
            (await visitor.SayAsync(text, $"{Guid.NewGuid()}")).Expect(HttpStatusCode.Created);
        }

        var keys = Keys.OfSession(SessionToken.Parse(visitor.SessionToken!)!.SessionId);
        long taken = 0;
        foreach (var key in keys[..3])
        {
            taken += (long)await Nodes.Redis.Database.ExecuteAsync("MEMORY", "USAGE", key, "SAMPLES", "0");
        }

        var counted = await BytesAsync(SessionToken.Parse(visitor.SessionToken!)!.SessionId);
        TestContext.Current.TestOutputHelper?.WriteLine($"{messages} of {Encoding.UTF8.GetByteCount(text)} bytes: counted {counted}, taken {taken}");
        Assert.InRange((double)counted / taken, 0.67, 2);
    }

    [Fact]
    public async Task What_a_visitor_says_of_itself_later_is_counted_and_ends_where_its_client_has_stored_too_much()
    {
        await using var few = await ChatNodes.StartAsync(shared.Redis.Configuration, count: 1, new Dictionary<string, string> { ["Chat:Limits:BytesPerHourPerIp"] = "100000" });
        var visitor = await MessageSteps.VisitorAsync(few);
        var session = SessionToken.Parse(visitor.SessionToken!)!.SessionId;
        var (before, address) = (await BytesAsync(session), "https://a.example/" + Emoji[..1900]);
        (await visitor.PostAsync("chat/session", new { name = "Ann", email = "ann@a.example", pageUrl = address })).Expect(HttpStatusCode.OK);
        var said = Encoding.UTF8.GetByteCount("Ann" + "ann@a.example" + address);
        Assert.Equal(before + said, await BytesAsync(session));
        var taken = (long)await few.Redis.Database.ExecuteAsync("MEMORY", "USAGE", Keys.Session(session), "SAMPLES", "0");
        Assert.InRange((double)(before + said) / taken, 0.5, 2);

        // Only what is longer than before counts against the client, and what is shorter is taken off the session.
        (await visitor.PostAsync("chat/session/page", new { pageUrl = "/" })).Expect(HttpStatusCode.NoContent);
        Assert.Equal(before + said - Encoding.UTF8.GetByteCount(address) + 1, await BytesAsync(session));
        var pages = 0;
        while ((await visitor.PostAsync("chat/session/page", new { pageUrl = pages % 2 == 0 ? address : "/" })).Status == HttpStatusCode.NoContent)
        {
            Assert.True(++pages < 70, "Pages are not counted.");
        }

        (await visitor.PostAsync("chat/session/page", new { pageUrl = "/other" })).ExpectProblem(429, "rate_limited");
        (await visitor.PostAsync("chat/session", new { name = "Bob" })).Expect(HttpStatusCode.OK);
        Assert.Equal("Ann", (string?)await few.Redis.Database.HashGetAsync(Keys.Session(session), "name"));
    }

    private async Task<int> BytesAsync(string session) => (int)await Nodes.Redis.Database.HashGetAsync(Keys.Session(session), "bytes");
}
