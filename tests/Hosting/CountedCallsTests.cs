using System.Net;
using System.Net.Http.Json;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Calls that enter no session are counted too: for the account, the operator or the client address.</summary>
public sealed class CountedCallsTests(LimitedNodes limited) : IClassFixture<LimitedNodes>
{
    private const int MessagesPerAddress = 4;

    private readonly string address = LimitedNodes.NewAddress();

    [Fact]
    public async Task An_account_without_a_session_may_not_ask_for_it_for_ever()
    {
        var account = ChatClient.Account(limited.Nodes, ChatClient.NewId("user"));
        string[] reads = ["chat/poll", "chat/history", "chat/session/transcript"];
        for (var i = 0; i < LimitedNodes.PollsPerMinute; i++)
        {
            (await account.GetAsync(reads[i % reads.Length])).ExpectProblem(404, "session_not_found");
        }

        await limited.IsHonestlyRefusedAsync(() => account.GetAsync("chat/poll"), 60 / LimitedNodes.PollsPerMinute);
        (await ChatClient.Account(limited.Nodes, ChatClient.NewId("user")).GetAsync("chat/poll")).ExpectProblem(404, "session_not_found");
        (await account.FromAsync(address, HttpMethod.Post, "chat/session")).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task An_operator_may_not_try_sessions_that_it_does_not_hold_for_ever()
    {
        var dana = ChatClient.Operator(limited.Nodes);
        for (var i = 0; i < 5 * LimitedNodes.PollsPerMinute; i++)
        {
            (await TryAsync(i)).ExpectProblem(403, "not_assigned");
        }

        await limited.IsHonestlyRefusedAsync(() => TryAsync(0), 60 / (5 * LimitedNodes.PollsPerMinute));

        Task<Answer> TryAsync(int i) => dana.GetAsync($"chat/{(i % 2 == 0 ? "poll" : "history")}?sessionId={i:D22}");
    }

    [Fact]
    public async Task A_wrong_key_of_the_platform_is_a_guess_also_beside_a_customers_token()
    {
        var user = ChatClient.NewId("user");
        for (var i = 0; i < LimitedNodes.FailuresPerMinute; i++)
        {
            (await EraseAsync("wrong " + i)).ExpectProblem(401, "invalid_token");
        }

        await limited.IsHonestlyRefusedAsync(() => EraseAsync("wrong"), 60 / LimitedNodes.FailuresPerMinute);
        (await EraseAsync(null)).ExpectProblem(403, "forbidden"); // no guess, only a customer
        (await EraseAsync(LimitedNodes.PlatformKey, isSignedIn: false)).Expect(HttpStatusCode.OK);

        Task<Answer> EraseAsync(string? key, bool isSignedIn = true) =>
            (isSignedIn ? ChatClient.Account(limited.Nodes, user) : ChatClient.Anonymous(limited.Nodes)).SendAsync(HttpMethod.Post, "accounts/erase", JsonContent.Create(new { userId = user }), request =>
            {
                request.Headers.Add("X-Forwarded-For", address);
                if (key is not null)
                {
                    request.Headers.Add("X-Api-Key", key);
                }
            });
    }

    [Fact]
    public async Task A_token_that_has_only_expired_is_no_guess()
    {
        var late = ChatClient.Anonymous(limited.Nodes);
        late.Bearer = Jwt.Issue("user", expiresIn: TimeSpan.FromMinutes(-10));
        for (var i = 0; i < 2 * LimitedNodes.FailuresPerMinute; i++)
        {
            (await late.FromAsync(address, HttpMethod.Get, "chat/poll")).ExpectProblem(401, "invalid_token");
        }

        // None of those was counted.
        var guessing = ChatClient.Anonymous(limited.Nodes);
        guessing.Bearer = Jwt.Issue("user", key: new string('k', 32), expiresIn: TimeSpan.FromMinutes(-10));
        for (var i = 0; i < LimitedNodes.FailuresPerMinute; i++)
        {
            (await guessing.FromAsync(address, HttpMethod.Get, "chat/poll")).ExpectProblem(401, "invalid_token");
        }

        LimitedNodes.RetryAfter(await guessing.FromAsync(address, HttpMethod.Get, "chat/poll"));
        (await late.FromAsync(address, HttpMethod.Get, "chat/poll")).ExpectProblem(401, "invalid_token");
    }

    [Fact]
    public async Task Messages_of_one_address_are_counted_over_all_its_sessions_and_those_of_accounts_and_operators_are_not()
    {
        await using var one = await StartAsync(MessagesPerAddress);
        var dana = ChatClient.Operator(one);
        var (visitor, other, account) = (ChatClient.Anonymous(one), ChatClient.Anonymous(one), ChatClient.Account(one, ChatClient.NewId("user")));
        foreach (var caller in (ChatClient[])[visitor, other, account])
        {
            await caller.OpenAsync();
        }

        var session = (string)(await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK)["sessionId"]!;
        (await dana.PostAsync("operator/calls/claim", new { sessionId = session })).Expect(HttpStatusCode.OK);
        for (var i = 0; i < MessagesPerAddress; i++)
        {
            (await SayAsync(i % 2 == 0 ? visitor : other, address)).Expect(HttpStatusCode.Created);
        }

        foreach (var caller in (ChatClient[])[visitor, other])
        {
            Assert.InRange(LimitedNodes.RetryAfter(await SayAsync(caller, address)), 1, 60 / MessagesPerAddress);
        }

        for (var i = 0; i < MessagesPerAddress; i++)
        {
            (await SayAsync(account, i % 2 == 0 ? address : LimitedNodes.NewAddress())).Expect(HttpStatusCode.Created);
        }

        Assert.InRange(LimitedNodes.RetryAfter(await SayAsync(account, LimitedNodes.NewAddress())), 1, 60 / MessagesPerAddress);
        for (var i = 0; i < 2 * MessagesPerAddress; i++)
        {
            (await SayAsync(dana, address, session)).Expect(HttpStatusCode.Created);
        }

        (await SayAsync(visitor, LimitedNodes.NewAddress())).Expect(HttpStatusCode.Created);
        var texts = (await visitor.GetAsync("chat/history"))["messages"]!.AsArray().Count(message => (string?)message!["sender"] == "visitor");
        Assert.Equal((MessagesPerAddress / 2) + 1, texts); // what was refused is not there
    }

    [Fact]
    public async Task Zero_switches_the_limit_of_messages_of_an_address_off()
    {
        await using var one = await StartAsync(0);
        var visitor = ChatClient.Anonymous(one);
        await visitor.OpenAsync();
        for (var i = 0; i < 3 * MessagesPerAddress; i++)
        {
            (await SayAsync(visitor, address)).Expect(HttpStatusCode.Created);
        }
    }

    private static Task<Answer> SayAsync(ChatClient caller, string from, string? sessionId = null) =>
        caller.FromAsync(from, HttpMethod.Post, "chat/message", JsonContent.Create(new { text = "Hello", sessionId }));

    /// <summary>One node, for this is what each node counts alone.</summary>
    private Task<ChatNodes> StartAsync(int messagesPerAddress) => ChatNodes.StartAsync(limited.Nodes.Redis.Configuration, 1, new Dictionary<string, string>
    {
        ["ReverseProxy:KnownProxies:0"] = "127.0.0.1",
        ["Chat:Limits:MessagesPerMinutePerIp"] = $"{messagesPerAddress}",
    });
}
