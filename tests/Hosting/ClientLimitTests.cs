using System.Net;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>How often one client address may make sessions and fail to say who it is, whichever node it asks.</summary>
public sealed class ClientLimitTests(LimitedNodes limited) : IClassFixture<LimitedNodes>
{
    private const int SecondsPerSession = 60 / LimitedNodes.SessionsPerMinute, SecondsPerFailure = 60 / LimitedNodes.FailuresPerMinute;

    private static readonly string Forged = new string('A', 22) + "." + new string('A', 43);

    private readonly string address = LimitedNodes.NewAddress();

    [Fact]
    public async Task An_address_makes_as_many_sessions_as_it_may_and_a_refused_one_is_not_made()
    {
        for (var i = 0; i < LimitedNodes.SessionsPerMinute; i++)
        {
            (await NewSessionAsync(address)).Expect(HttpStatusCode.Created);
        }

        var before = await KeysAsync();
        LimitedNodes.RetryAfter(await NewSessionAsync(address));
        LimitedNodes.RetryAfter(await NewSessionAsync(address));
        Assert.Equal(before, await KeysAsync());
        await limited.IsHonestlyRefusedAsync(() => NewSessionAsync(address), SecondsPerSession);
        (await NewSessionAsync(LimitedNodes.NewAddress())).Expect(HttpStatusCode.Created);

        Task<Answer> NewSessionAsync(string from) => ChatClient.Anonymous(limited.Nodes).FromAsync(from, HttpMethod.Post, "chat/session");
    }

    [Fact]
    public async Task An_account_makes_as_many_as_it_may_from_wherever_and_its_neighbours_make_theirs()
    {
        for (var i = 0; i <= LimitedNodes.SessionsPerMinute; i++)
        {
            await OpenAsync(address); // as many as an address may, and one too many
        }

        LimitedNodes.RetryAfter(await OpenAsync(address));
        var account = ChatClient.Account(limited.Nodes, ChatClient.NewId("user"));
        for (var i = 0; i < LimitedNodes.SessionsPerMinute; i++)
        {
            (await account.FromAsync(i == 0 ? address : LimitedNodes.NewAddress(), HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created);
            (await account.FromAsync(address, HttpMethod.Post, "chat/session/close")).Expect(HttpStatusCode.OK);
        }

        LimitedNodes.RetryAfter(await account.FromAsync(LimitedNodes.NewAddress(), HttpMethod.Post, "chat/session"));
        (await ChatClient.Account(limited.Nodes, ChatClient.NewId("user")).FromAsync(address, HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_that_existed_does_not_count(bool isAccount)
    {
        var visitor = await limited.VisitorAsync(isAccount);
        for (var i = 1; i < LimitedNodes.PollsPerMinute; i++) // more often than an address may make one
        {
            (await visitor.FromAsync(address, HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.OK);
        }

        for (var i = 0; i < LimitedNodes.SessionsPerMinute; i++)
        {
            (await OpenAsync(address)).Expect(HttpStatusCode.Created);
        }

        LimitedNodes.RetryAfter(await OpenAsync(address));
        limited.Pass(TimeSpan.FromSeconds(SecondsPerSession - 1));
        (await visitor.FromAsync(address, HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:2::1")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9", "203.0.113.10")]
    [InlineData("203.0.113.20", "203.0.113.20:4711", "203.0.113.21")]
    public async Task A_client_is_its_IPv4_address_or_its_64_network_of_IPv6(string one, string same, string another)
    {
        for (var i = 0; i < LimitedNodes.SessionsPerMinute; i++)
        {
            (await OpenAsync(i % 2 == 0 ? one : same)).Expect(HttpStatusCode.Created);
        }

        LimitedNodes.RetryAfter(await OpenAsync(one));
        LimitedNodes.RetryAfter(await OpenAsync(same));
        (await OpenAsync(another)).Expect(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("another key", "POST chat/session")]
    [InlineData("another key", "GET chat/availability")]
    [InlineData("forged session", "GET chat/poll")]
    [InlineData("no session token", "POST chat/message")]
    [InlineData("nothing", "GET operator/calls")]
    [InlineData("nothing", "POST accounts/erase")]
    public async Task Too_many_failed_authentications_have_to_wait_and_a_good_credential_goes_on(string credential, string call)
    {
        var stranger = ChatClient.Anonymous(limited.Nodes);
        stranger.Bearer = credential == "another key" ? Jwt.Issue("user", key: new string('k', 32)) : null;
        stranger.SessionToken = credential switch { "forged session" => Forged, "no session token" => "none", _ => null };
        var (method, path) = (new HttpMethod(call.Split(' ')[0]), call.Split(' ')[1]);
        Task<Answer> FailAsync() => stranger.FromAsync(address, method, path, path == "chat/message" ? new StringContent("""{"text":"Hello"}""", null, "application/json") : null);
        for (var i = 0; i < LimitedNodes.FailuresPerMinute; i++)
        {
            (await FailAsync()).Expect(HttpStatusCode.Unauthorized);
        }

        await limited.IsHonestlyRefusedAsync(FailAsync, SecondsPerFailure);
        var (visitor, account) = (await limited.VisitorAsync(), await limited.VisitorAsync(isAccount: true));
        (await visitor.FromAsync(address, HttpMethod.Get, "chat/poll")).Expect(HttpStatusCode.OK);
        (await account.FromAsync(address, HttpMethod.Get, "chat/poll")).Expect(HttpStatusCode.OK);
        (await ChatClient.Operator(limited.Nodes).FromAsync(address, HttpMethod.Get, "operator/calls")).Expect(HttpStatusCode.OK);
        (await OpenAsync(address)).Expect(HttpStatusCode.Created);
        (await stranger.FromAsync(LimitedNodes.NewAddress(), method, path, path == "chat/message" ? new StringContent("""{"text":"Hello"}""", null, "application/json") : null))
            .Expect(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_bad_bearer_token_opens_no_session_of_a_client_that_has_to_wait()
    {
        var visitor = await limited.VisitorAsync();
        visitor.Bearer = Jwt.Issue("user", key: new string('k', 32)); // it decides, not the good session token
        for (var i = 0; i < LimitedNodes.FailuresPerMinute; i++)
        {
            (await visitor.FromAsync(address, HttpMethod.Get, "chat/poll")).ExpectProblem(401, "invalid_token");
        }

        LimitedNodes.RetryAfter(await visitor.FromAsync(address, HttpMethod.Get, "chat/poll"));
    }

    [Fact]
    public async Task Zero_switches_the_limits_of_addresses_off()
    {
        await using var nodes = await ChatNodes.StartAsync(limited.Nodes.Redis.Configuration, settings: new Dictionary<string, string> { ["ReverseProxy:KnownProxies:0"] = "127.0.0.1" });
        var (visitor, stranger) = (ChatClient.Anonymous(nodes), ChatClient.Anonymous(nodes));
        stranger.SessionToken = Forged;
        for (var i = 0; i < 65; i++) // more than any default
        {
            (await visitor.FromAsync(address, HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created);
            (await stranger.FromAsync(address, HttpMethod.Get, "chat/poll")).ExpectProblem(401, "invalid_session_token");
        }

        Assert.False(await nodes.Redis.Database.KeyExistsAsync([Keys.PermitsOf(address, "sessions"), Keys.PermitsOf(address, "failures")]) > 0);
    }

    [Fact]
    public async Task While_redis_is_away_each_node_counts_by_itself()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        var logs = new LogWatch(); // what it logs then is expected
        await using var node = ChatNode.Start(redis.Configuration, logs, LimitedNodes.Settings);
        await redis.KillAsync();
        var stranger = ChatClient.Anonymous(limited.Nodes);
        stranger.Bearer = Jwt.Issue("user", key: new string('k', 32));
        var statuses = new List<HttpStatusCode>();
        Answer last;
        do
        {
            last = await stranger.SendAsync(HttpMethod.Get, "chat/poll", null, request =>
            {
                request.RequestUri = new Uri(node.Address, request.RequestUri!.PathAndQuery);
                request.Headers.TryAddWithoutValidation("X-Forwarded-For", address);
            });
            statuses.Add(last.Status);
        }
        while (last.Status == HttpStatusCode.Unauthorized && statuses.Count < 100);

        // What needs Redis anyway is not counted here too: who is refused because Redis is away has made nothing.
        for (var i = 0; i <= LimitedNodes.SessionsPerMinute; i++)
        {
            (await ChatClient.Anonymous(limited.Nodes).SendToAsync(node.Address, HttpMethod.Post, "chat/session")).ExpectProblem(503, "storage_unavailable");
        }

        // Time goes on here, and a permit comes back each twenty seconds of it.
        Assert.InRange(statuses.Count(status => status == HttpStatusCode.Unauthorized), LimitedNodes.FailuresPerMinute, LimitedNodes.FailuresPerMinute + 2);
        Assert.InRange(LimitedNodes.RetryAfter(last), 1, SecondsPerFailure);
    }

    private Task<Answer> OpenAsync(string from) => ChatClient.Anonymous(limited.Nodes).FromAsync(from, HttpMethod.Post, "chat/session");

    /// <summary>Everything that is stored but for what is being counted.</summary>
    private async Task<int> KeysAsync()
    {
        var count = 0;
        await foreach (var _ in limited.Nodes.Redis.Database.Multiplexer.GetServers()[0].KeysAsync(pattern: "chat:{[su]:*"))
        {
            count++;
        }

        return count;
    }
}
