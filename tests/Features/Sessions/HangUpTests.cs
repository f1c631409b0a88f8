using System.Net;
using System.Text.RegularExpressions;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>A client hangs up at any step of its request: what was begun is finished all the same.</summary>
public sealed partial class HangUpTests(SteppedNodes stepped) : IClassFixture<SteppedNodes>
{
    private const int Most = 100;

    private readonly string operatorId = ChatClient.NewId("operator"), otherId = ChatClient.NewId("operator");

    private ChatNodes Nodes => stepped.Both;

    private ChatClient Supervisor => ChatClient.Operator(Nodes, role: "supervisor");

    private ChatClient Dana => ChatClient.Operator(Nodes, operatorId);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_customer_that_hangs_up_while_signing_in_can_still_be_erased_with_all_it_said(bool hasSession)
    {
        var step = 0;
        bool hungUp;
        do
        {
            await stepped.ForgetAsync();
            var user = ChatClient.NewId("user");
            var (account, visitor) = (ChatClient.Account(Nodes, user), ChatClient.Anonymous(Nodes));
            var sessions = hasSession ? new List<string> { await OpenAsync(account) } : [];
            sessions.Add(await OpenAsync(visitor));
            account.SessionToken = visitor.SessionToken;

            hungUp = await stepped.HangUpAsync(++step, null, account, "POST chat/session");

            var erased = (await Supervisor.PostAsync("accounts/erase", new { userId = user })).Expect(HttpStatusCode.OK);
            Assert.Equal((step, sessions.Count), (step, (int)erased["erased"]!));
            Assert.Empty(await Mentions.OfAsync(Nodes.Redis.Database, sessions));
            Assert.Empty(await Mentions.SessionsOfAsync(Nodes.Redis.Database, user));
        }
        while (hungUp && step < Most);

        Assert.InRange(step, 13, Most - 1);
    }

    [Theory]
    [InlineData("erase", "waiting", "erase_session")]
    [InlineData("erase", "active", "erase_session")]
    [InlineData("close", "waiting", "close_session")]
    [InlineData("close", "active", "close_session")]
    [InlineData("close by the operator", "active", "close_session")]
    [InlineData("release", "active", "return_session")]
    [InlineData("transfer", "active", "hold_session")]
    [InlineData("transfer to billing", "active", "transfer_session")]
    [InlineData("block", "active", "block_visitor")]
    public async Task What_was_begun_ends_as_if_the_caller_had_waited(string action, string status, string begins)
    {
        var (_, undisturbed) = await DoAsync(action, status, begins, Most);
        var step = 0;
        bool hungUp;
        do
        {
            (hungUp, var left) = await DoAsync(action, status, begins, ++step);
            Assert.Equal($"step {step}\n{undisturbed}", $"step {step}\n{left}");
        }
        while (hungUp && step < Most);

        Assert.InRange(step, 4, Most - 1);
    }

    private async Task<(bool HungUp, string Left)> DoAsync(string action, string status, string begins, int step)
    {
        await stepped.ForgetAsync();
        var user = ChatClient.NewId("user");
        var account = ChatClient.Account(Nodes, user);
        var session = await OpenAsync(account);
        foreach (var @operator in (string[])[operatorId, otherId])
        {
            await ChatClient.Operator(Nodes, @operator).GetAsync("operator/sessions");
        }

        (await account.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        if (status == "active")
        {
            (await Dana.PostAsync("operator/calls/claim", new { sessionId = session })).Expect(HttpStatusCode.OK);
        }

        var (caller, call, body) = action switch
        {
            "erase" => (account, "DELETE chat/session", null),
            "close" => (account, "POST chat/session/close", null),
            "close by the operator" => (Dana, $"POST operator/sessions/{session}/close", null),
            "release" => (Dana, $"POST operator/sessions/{session}/release", null),
            "transfer" => (Dana, $"POST operator/sessions/{session}/transfer", new { operatorId = otherId, note = "Friendly" }),
            "transfer to billing" => (Dana, $"POST operator/sessions/{session}/transfer", new { department = "billing", note = "Friendly" }),
            "block" => (Dana, $"POST operator/sessions/{session}/block", (object?)new { minutes = 5 }),
            _ => throw new ArgumentOutOfRangeException(nameof(action)),
        };
        var hungUp = await stepped.HangUpAsync(step, begins, caller, call, body);
        return (hungUp, await LeftAsync(session));
    }

    /// <summary>What is stored: every key, how the session stands, where it is named, what its entries and notes tell of; with its ids and times left out.</summary>
    private async Task<string> LeftAsync(string session)
    {
        await stepped.BackgroundIdleAsync();
        var redis = Nodes.Redis.Database;
        var left = new List<string>(await Mentions.OfAsync(redis, [session]));
        await foreach (var key in redis.Multiplexer.GetServers()[0].KeysAsync(redis.Database, "chat:*"))
        {
            if (key != Keys.Departments && key != Keys.Mark(0)) // nodes write these by themselves
            {
                left.Add(key.ToString());
            }
        }

        left = [.. left.Select(line => Fleeting().Replace(line.Replace(session, "SESSION", StringComparison.Ordinal), "")).Order(StringComparer.Ordinal)];
        left.AddRange((await redis.HashGetAsync(Keys.Session(session), ["status", "operator", "department", "user"])).Select(value => value.ToString()));
        foreach (var key in (int[])[1, 4])
        {
            left.AddRange((await redis.StreamRangeAsync(Keys.OfSession(session)[key])).Select(entry => string.Join(' ', entry.Values.Select(field => $"{field.Name}={field.Value}"))));
        }

        return Fleeting().Replace(string.Join('\n', left).Replace(session, "SESSION", StringComparison.Ordinal), "");
    }

    private static async Task<string> OpenAsync(ChatClient caller)
    {
        var session = (string)(await caller.OpenAsync()).Expect(HttpStatusCode.Created)["sessionId"]!;
        (await caller.SayAsync("Mine")).Expect(HttpStatusCode.Created);
        return session;
    }

    [GeneratedRegex(@"(?<=\{u:)[^}]+|(?<=\{a:\d+\}:(?:once|session|user):)\S+|user-[0-9a-f]{32}|\b(?:client|request)=\S+")]
    private static partial Regex Fleeting();
}
