using System.Net;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>Everything at once, again and again, on two nodes: an account erases its session while it, its other devices and operators use it.</summary>
public sealed class ErasureRaceTests(PrivateNodes own) : IClassFixture<PrivateNodes>
{
    private const int Rounds = 300;

    private ChatNodes Nodes => own.Nodes;

    [Fact]
    public async Task An_erased_session_is_gone_whole_and_its_account_has_one_session_on_which_all_agree()
    {
        var random = new Random(20261122);
        var (erased, dana) = (new List<string>(), ChatClient.Operator(Nodes));
        await dana.SendAsync(HttpMethod.Put, "operator/presence", System.Net.Http.Json.JsonContent.Create(new { capacity = 50 }));
        for (var round = 0; round < Rounds; round++)
        {
            var account = ChatClient.Account(Nodes, ChatClient.NewId("user"));
            var session = await OpenAsync(account, dana, round % 4);
            Func<Task<Answer>>[] calls =
            [
                () => account.SendAsync(HttpMethod.Delete, "chat/session", null), () => account.PostAsync("chat/session"), () => account.PostAsync("chat/session"), () => account.SayAsync("Mine"),
                () => account.CallOperatorAsync(), () => dana.PostAsync("operator/calls/claim", new { sessionId = session }), () => dana.SayAsync("Hello", sessionId: session),
                () => round % 3 == 0 ? account.PostAsync("chat/session/close") : dana.PostAsync($"operator/sessions/{session}/release"), () => account.GetAsync("chat/poll"),
            ];
            random.Shuffle(calls);

            var answers = await Task.WhenAll(calls.Select(call => call()));

            Assert.All(answers, answer => Assert.True((int)answer.Status < 500, $"{answer.Status} {answer.Body}"));
            var seen = await AgreeAsync(account);
            if (seen != session)
            {
                // Erased, or replaced after it was closed: then it is still to be erased, as one of the account's earlier ones.
                if (answers.Any(answer => answer.Status == HttpStatusCode.NoContent))
                {
                    erased.Add(session);
                }
            }
        }

        Assert.InRange(erased.Count, Rounds / 2, Rounds);
        var listed = await StoredEarlierAsync(erased);
        Assert.Empty(await Mentions.OfAsync(Nodes.Redis.Database, erased.Except(listed)));
    }

    [Fact]
    public async Task An_account_that_is_erased_while_it_opens_sessions_and_signs_in_has_one_afterwards_and_nothing_from_before()
    {
        for (var round = 0; round < Rounds / 3; round++)
        {
            var user = ChatClient.NewId("user");
            var (account, signingIn, supervisor) = (ChatClient.Account(Nodes, user), ChatClient.Account(Nodes, user), ChatClient.Operator(Nodes, role: "supervisor"));
            var first = (string)(await account.OpenAsync())["sessionId"]!;
            await account.SayAsync("Mine");
            if (round % 2 == 0)
            {
                await account.PostAsync("chat/session/close");
            }

            signingIn.SessionToken = (string?)(await ChatClient.Anonymous(Nodes).PostAsync("chat/session"))["token"];
            var answers = await Task.WhenAll(
                supervisor.PostAsync("accounts/erase", new { userId = user }), account.PostAsync("chat/session"), signingIn.PostAsync("chat/session"), account.PostAsync("chat/session"),
                supervisor.PostAsync("accounts/erase", new { userId = user }));

            Assert.All(answers, answer => Assert.True((int)answer.Status < 300, $"{answer.Status} {answer.Body}"));
            Assert.Empty(await Nodes.Redis.Database.StreamRangeAsync(Keys.OfSession(first)[1]));
            await AgreeAsync(account);
            await supervisor.PostAsync("accounts/erase", new { userId = user });
            Assert.Empty(await Mentions.SessionsOfAsync(Nodes.Redis.Database, user));
            Assert.False(await Nodes.Redis.Database.KeyExistsAsync(Keys.OfAccount(user)[0]));
            Assert.False(await Nodes.Redis.Database.KeyExistsAsync(Keys.OfAccount(user)[1]));
        }
    }

    private async Task<string> OpenAsync(ChatClient account, ChatClient dana, int how)
    {
        var session = (string)(await account.OpenAsync())["sessionId"]!;
        await account.SayAsync("Mine");
        await account.GetFromEachAsync(Nodes, "chat/history");
        if (how is 1 or 2)
        {
            (await account.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        }

        if (how == 2)
        {
            (await dana.PostAsync("operator/calls/claim", new { sessionId = session })).Expect(HttpStatusCode.OK);
        }

        if (how == 3)
        {
            (await account.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        }

        return session;
    }

    /// <summary>Both nodes open and serve one session; returns the one that was there before that.</summary>
    private async Task<string?> AgreeAsync(ChatClient account)
    {
        var seen = (await account.GetFromEachAsync(Nodes, "chat/history")).Select(history => history.Status == HttpStatusCode.NotFound ? null : (string?)history["sessionId"]).ToList();
        Assert.Single(seen.Distinct());
        var opened = (string?)(await account.OpenAsync())["sessionId"];
        Assert.Equal(opened, (string?)(await account.OpenAsync())["sessionId"]);
        Assert.All(await account.GetFromEachAsync(Nodes, "chat/history"), history => Assert.Equal(opened, (string?)history["sessionId"]));
        return seen[0];
    }

    /// <summary>Those that are whole and listed: closed and replaced before DELETE came, which then erased the next one.</summary>
    private async Task<HashSet<string>> StoredEarlierAsync(IEnumerable<string> sessions)
    {
        var listed = new HashSet<string>();
        foreach (var session in sessions)
        {
            if (await Nodes.Redis.Database.HashGetAsync(Keys.Session(session), "superseded") == "1")
            {
                listed.Add(session);
            }
        }

        return listed;
    }
}
