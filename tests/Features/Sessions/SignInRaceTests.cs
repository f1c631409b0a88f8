using System.Net;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>
/// An account opens its session at one node while it is erased or blocked at the other. The other request begins at any step of the first, and runs to its end
/// there, or to any step of its own, to go on when the first has ended.
/// </summary>
public sealed class SignInRaceTests(SteppedNodes stepped) : IClassFixture<SteppedNodes>
{
    private const int Most = 100;

    private ChatNodes Nodes => stepped.Both;

    private ChatClient Supervisor => ChatClient.Operator(Nodes, role: "supervisor");

    [Theory]
    [InlineData("none")]
    [InlineData("open")]
    [InlineData("closed")]
    public async Task What_an_account_brings_along_while_it_is_erased_is_erased_or_found_by_the_next_erasure(string status) =>
        await AtEachStepAsync(async (step, otherStep) =>
        {
            await stepped.ForgetAsync();
            var user = ChatClient.NewId("user");
            var (account, visitor) = (ChatClient.Account(Nodes, user), ChatClient.Anonymous(Nodes));
            var former = await PrepareAsync(account, status);
            var brought = await OpenAsync(visitor);
            account.SessionToken = visitor.SessionToken;

            var were = await stepped.InterleaveAsync(
                "chat/session", step, async node => Assert.True((await account.SendToAsync(node, HttpMethod.Post, "chat/session")).Status is HttpStatusCode.OK or HttpStatusCode.Created),
                "accounts/erase", otherStep, async node => (await Supervisor.SendToAsync(node, HttpMethod.Post, "accounts/erase", new { userId = user })).Expect(HttpStatusCode.OK));

            var at = $"erased at {step}, which went on after {otherStep}";
            var listed = (await Nodes.Redis.Database.SortedSetRangeByRankAsync(Keys.OfAccount(user)[1])).Append(await Nodes.Redis.Database.StringGetAsync(Keys.OfAccount(user)[0])).Select(id => (string?)id);
            Assert.True(!(await Mentions.SessionsOfAsync(Nodes.Redis.Database, user)).Except(listed).Any(), $"{at}: a session of the account is not listed.");
            (await Supervisor.PostAsync("accounts/erase", new { userId = user })).Expect(HttpStatusCode.OK);
            Assert.True((await Mentions.OfAsync(Nodes.Redis.Database, [former, brought])).Count == 0, $"{at}: something is left.");
            Assert.True((await Mentions.SessionsOfAsync(Nodes.Redis.Database, user)).Count == 0, $"{at}: a session is left.");
            return were;
        });

    [Theory]
    [InlineData("none")]
    [InlineData("open")]
    [InlineData("closed")]
    public async Task What_an_account_was_bringing_along_when_redis_went_away_is_not_yet_its_own_or_erased_with_it(string status)
    {
        var step = 0;
        bool brokeOff;
        do
        {
            await stepped.ForgetAsync();
            var user = ChatClient.NewId("user");
            var (account, visitor) = (ChatClient.Account(Nodes, user), ChatClient.Anonymous(Nodes));
            await PrepareAsync(account, status);
            await OpenAsync(visitor);
            account.SessionToken = visitor.SessionToken;

            brokeOff = await stepped.BreakOffAsync("chat/session", ++step, node => account.SendToAsync(node, HttpMethod.Post, "chat/session"));

            (await Supervisor.PostAsync("accounts/erase", new { userId = user })).Expect(HttpStatusCode.OK);
            Assert.True((await Mentions.SessionsOfAsync(Nodes.Redis.Database, user)).Count == 0, $"broken off at {step}: a session is left.");
        }
        while (brokeOff && step < Most);

        Assert.InRange(step, 13, Most - 1);
    }

    [Theory]
    [InlineData("none", false)]
    [InlineData("none", true)]
    [InlineData("open", false)]
    [InlineData("open", true)]
    [InlineData("closed", false)]
    [InlineData("closed", true)]
    public async Task An_account_that_is_blocked_while_it_opens_a_session_has_none_in_which_it_may_write(string status, bool bringsOne) =>
        await AtEachStepAsync(async (step, otherStep) =>
        {
            await stepped.ForgetAsync();
            var (account, visitor) = (ChatClient.Account(Nodes, ChatClient.NewId("user")), ChatClient.Anonymous(Nodes));
            var blocked = await PrepareAsync(account, status == "none" ? "erased" : status);
            if (bringsOne)
            {
                await OpenAsync(visitor);
                account.SessionToken = visitor.SessionToken;
            }

            Answer? opened = null;
            var were = await stepped.InterleaveAsync(
                "chat/session", step, async node => opened = await account.SendToAsync(node, HttpMethod.Post, "chat/session"),
                $"operator/sessions/{blocked}/block", otherStep,
                async node => (await Supervisor.SendToAsync(node, HttpMethod.Post, $"operator/sessions/{blocked}/block", new { minutes = 5 })).Expect(HttpStatusCode.NoContent));

            if (were.First)
            {
                var at = $"blocked at {step}, which went on after {otherStep}";
                var said = await account.SayAsync("May I?");
                Assert.True(
                    opened!.Code == "blocked" ? said.Code is "blocked" or "session_not_found" or "session_closed" : said.Code == "blocked",
                    $"{at}: {opened.Status} {opened.Code}, then {said.Status} {said.Code}");
                (await account.OpenAsync()).ExpectProblem(403, "blocked");
            }

            return were;
        });

    /// <summary>Tries each step with each of the other request, until there are no more.</summary>
    private static async Task AtEachStepAsync(Func<int, int, Task<(bool First, bool Other)>> tryAsync)
    {
        var (steps, mostOther) = (0, 0);
        (bool First, bool Other) were;
        do
        {
            steps++;
            var other = 0;
            do
            {
                were = await tryAsync(steps, ++other);
            }
            while (were is (true, true) && other < Most);

            mostOther = Math.Max(mostOther, other);
        }
        while (were.First && steps < Most);

        Assert.InRange(steps, 7, Most - 1);
        Assert.InRange(mostOther, 7, Most - 1);
    }

    /// <summary>Gives the account a session that stands so; "erased" leaves it an earlier one without a current one. Returns it.</summary>
    private static async Task<string> PrepareAsync(ChatClient account, string status)
    {
        if (status == "none")
        {
            return "";
        }

        var session = await OpenAsync(account);
        if (status is "closed" or "erased")
        {
            (await account.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        }

        if (status == "erased")
        {
            await OpenAsync(account);
            (await account.SendAsync(HttpMethod.Delete, "chat/session", null)).Expect(HttpStatusCode.NoContent);
        }

        return session;
    }

    private static async Task<string> OpenAsync(ChatClient caller)
    {
        var session = (string)(await caller.OpenAsync()).Expect(HttpStatusCode.Created)["sessionId"]!;
        (await caller.SayAsync("Mine")).Expect(HttpStatusCode.Created);
        return session;
    }
}
