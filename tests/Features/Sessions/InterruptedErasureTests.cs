using System.Net;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Features.Operators.Race;

namespace Intotes.Chat.Tests.Features.Sessions;

/// <summary>
/// An account erases its session from one device while something else is going on with it, at each step that this takes. Whatever wins,
/// nothing names the erased session afterwards, and the account has one session or none, on which every node agrees.
/// </summary>
public sealed class InterruptedErasureTests(InterruptedNodes own) : IClassFixture<InterruptedNodes>
{
    private readonly string user = ChatClient.NewId("user"), otherOperator = ChatClient.NewId("operator");
    private readonly ChatClient dana = ChatClient.Operator(own.Both);

    private ChatClient Account => ChatClient.Account(own.Both, user);

    /// <summary>What goes on, how the session stands before, and the scripts that this runs.</summary>
    private static readonly (string Action, string Status, string[] Scripts)[] Actions =
    [
        ("open", "open", ["open_session"]),
        ("open", "closed", ["open_session", "replace_current", "open_session 2"]),
        ("open with a token", "open", ["open_session", "link_session"]),
        ("open with a token", "closed", ["open_session", "link_session", "replace_current", "open_session 2"]),
        ("call", "open", ["call_operator", "enqueue_call"]),
        ("claim", "waiting", ["claim_call", "hold_session", "assign_session", "hold_session 2", "accept_call"]),
        ("claim the next", "waiting", ["next_call", "claim_call", "hold_session", "assign_session", "hold_session 2", "accept_call"]),
        ("release", "active", ["return_session", "enqueue_call", "let_go"]),
        ("transfer", "active", ["hold_session", "transfer_session", "let_go", "hold_session 2"]),
        ("transfer to billing", "active", ["transfer_session", "enqueue_call", "let_go"]),
        ("close", "waiting", ["close_session", "drop_call"]),
        ("close", "active", ["close_session", "end_held"]),
        ("close by the operator", "active", ["close_session", "end_held"]),
        ("say", "open", ["append_message"]),
        ("answer", "active", ["append_message"]),
        ("note", "active", ["add_note"]),
        ("block", "active", ["block_visitor"]),
        ("poll", "waiting", ["poll_messages"]),
        ("erase", "active", ["erase_session", "erase_session 2", "drop_call", "forget_session"]),
    ];

    public static TheoryData<string, string, string, bool> Interruptions
    {
        get
        {
            var interruptions = new TheoryData<string, string, string, bool>();
            foreach (var (action, status, scripts) in Actions)
            {
                foreach (var script in scripts)
                {
                    interruptions.Add(action, status, script, true);
                    interruptions.Add(action, status, script, false);
                }
            }

            return interruptions;
        }
    }

    [Theory]
    [MemberData(nameof(Interruptions))]
    public async Task Nothing_names_a_session_that_was_erased_in_the_middle(string action, string status, string script, bool before)
    {
        var session = await PrepareAsync(status);
        await Account.GetFromEachAsync(own.Both, "chat/history"); // now every node remembers whose it is

        string? erased = null;
        await AtAsync(
            script,
            before,
            async () =>
            {
                erased = (string?)(await Account.SendToAsync(own.Both.Addresses[1], HttpMethod.Get, "chat/history")).Body?["sessionId"];
                (await EraseAsync()).Expect(erased is null ? HttpStatusCode.NotFound : HttpStatusCode.NoContent);
            },
            () => DoAsync(action, session));

        Assert.Empty(await Mentions.OfAsync(own.Both.Redis.Database, [erased ?? session]));
        await AgreeAsync();
    }

    [Theory]
    [InlineData("erase_session", false)]
    [InlineData("erase_session 2", true)]
    [InlineData("erase_session 2", false)]
    [InlineData("drop_call", true)]
    [InlineData("drop_call", false)]
    [InlineData("forget_session", true)]
    [InlineData("forget_session", false)]
    public async Task An_account_that_opens_a_session_while_it_erases_one_has_the_new_one_or_none(string script, bool before)
    {
        foreach (var status in (string[])["waiting", "closed"])
        {
            if (status == "closed" && script == "drop_call")
            {
                continue; // There is no call to drop.
            }

            var session = await PrepareAsync(status);
            await Account.GetFromEachAsync(own.Both, "chat/history");

            await AtAsync(script, before, OpenAgainAsync, () => DoAsync("erase", session));

            // A closed one that was replaced before it was erased is an earlier one, and it was the new one that was erased.
            var isEarlier = status == "closed" && await own.Both.Redis.Database.SortedSetScoreAsync(Keys.OfAccount(user)[1], session) is not null;
            Assert.True(isEarlier || (await Mentions.OfAsync(own.Both.Redis.Database, [session])).Count == 0, "The erased session is still named.");
            await AgreeAsync();
        }
    }

    [Theory]
    [InlineData("open_session", true)]
    [InlineData("open_session", false)]
    [InlineData("replace_current", true)]
    [InlineData("replace_current", false)]
    public async Task Sessions_that_two_devices_open_at_once_are_one(string script, bool before)
    {
        Answer? other = null, mine = null;

        await AtAsync(script, before, async () => other = await OpenAsync(1), async () => mine = await OpenAsync(0));

        Assert.Equal((string?)other!["sessionId"], (string?)mine!["sessionId"]);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Created], new[] { mine.Status, other.Status }.Order());
        await AgreeAsync();
    }

    [Fact]
    public async Task An_account_that_erases_the_closed_session_while_it_opens_the_next_has_one_of_its_own()
    {
        await PrepareAsync("closed");
        await AtAsync("replace_current", true, async () => await EraseAsync(), () => OpenAsync(0));

        var opened = await OpenAsync(1);

        Assert.Equal(22, ((string)opened["sessionId"]!).Length);
        Assert.Empty(await Mentions.OfAsync(own.Both.Redis.Database, [""]));
        await AgreeAsync();
    }

    /// <summary>Every node serves the same session, which is the only one of the account that is not listed among its earlier ones; the next call to open one returns it.</summary>
    private async Task AgreeAsync()
    {
        var seen = (await Account.GetFromEachAsync(own.Both, "chat/history")).Select(history => history.Status == HttpStatusCode.NotFound ? null : (string?)history["sessionId"]).ToList();
        Assert.Single(seen.Distinct());
        var stored = await Mentions.SessionsOfAsync(own.Both.Redis.Database, user);
        var earlier = await own.Both.Redis.Database.SortedSetRangeByRankAsync(Keys.OfAccount(user)[1]);
        Assert.Equal(stored.Except(earlier.Select(id => (string)id!)), seen[0] is { } one ? [one] : []);

        var (first, second) = (await OpenAsync(0), await OpenAsync(1));
        Assert.Equal((string?)first["sessionId"], (string?)second["sessionId"]);
        Assert.Equal("open", (string?)second.Expect(HttpStatusCode.OK)["status"]);
        foreach (var history in await Account.GetFromEachAsync(own.Both, "chat/history"))
        {
            Assert.Equal((string?)first["sessionId"], (string?)history["sessionId"]);
        }
    }

    private async Task<string> PrepareAsync(string status)
    {
        var session = (string)(await OpenAsync(0))["sessionId"]!;
        (await Account.SayAsync("Mine")).Expect(HttpStatusCode.Created);
        await ChatClient.Operator(own.Both, otherOperator, "Erik").GetAsync("operator/sessions");
        if (status is "waiting" or "active")
        {
            (await Account.CallOperatorAsync()).Expect(HttpStatusCode.OK);
        }

        if (status == "active")
        {
            (await dana.PostAsync("operator/calls/claim", new { sessionId = session })).Expect(HttpStatusCode.OK);
        }

        if (status == "closed")
        {
            (await Account.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        }

        return session;
    }

    /// <summary>Something that takes several steps, at the first node. How it ends is of no matter here, but nothing may fail.</summary>
    private async Task DoAsync(string action, string session)
    {
        var (caller, call, body) = action switch
        {
            "open" => (Account, "POST chat/session", null),
            "open with a token" => (await WithTokenAsync(), "POST chat/session", null),
            "call" => (Account, "POST chat/session/call-operator", null),
            "claim" => (dana, "POST operator/calls/claim", new { sessionId = session }),
            "claim the next" => (dana, "POST operator/calls/claim", null),
            "release" => (dana, $"POST operator/sessions/{session}/release", null),
            "transfer" => (dana, $"POST operator/sessions/{session}/transfer", new { operatorId = otherOperator }),
            "transfer to billing" => (dana, $"POST operator/sessions/{session}/transfer", new { department = "billing" }),
            "close" => (Account, "POST chat/session/close", null),
            "close by the operator" => (dana, $"POST operator/sessions/{session}/close", null),
            "say" => (Account, "POST chat/message", new { text = "Hello" }),
            "answer" => (dana, "POST chat/message", new { text = "Hello", sessionId = session }),
            "note" => (dana, $"POST operator/sessions/{session}/notes", new { text = "Friendly" }),
            "block" => (dana, $"POST operator/sessions/{session}/block", new { minutes = 0 }),
            "poll" => (Account, "GET chat/poll", null),
            "erase" => (Account, "DELETE chat/session", (object?)null),
            _ => throw new ArgumentOutOfRangeException(nameof(action)),
        };
        var answer = await caller.SendToAsync(own.Both.Addresses[0], new HttpMethod(call.Split(' ')[0]), call.Split(' ')[1], body);
        Assert.True((int)answer.Status < 500, $"{answer.Status} {answer.Body}");
    }

    private async Task<ChatClient> WithTokenAsync()
    {
        var (visitor, caller) = (ChatClient.Anonymous(own.Both), Account);
        await visitor.SendToAsync(own.Both.Addresses[1], HttpMethod.Get, "chat/availability");
        caller.SessionToken = (string?)(await visitor.SendToAsync(own.Both.Addresses[1], HttpMethod.Post, "chat/session"))["token"];
        return caller;
    }

    private async Task<Answer> OpenAsync(int node)
    {
        var opened = await Account.SendToAsync(own.Both.Addresses[node], HttpMethod.Post, "chat/session");
        Assert.True(opened.Status is HttpStatusCode.OK or HttpStatusCode.Created, $"{opened.Status} {opened.Body}");
        return opened;
    }

    private async Task OpenAgainAsync() => Assert.Equal((string?)(await OpenAsync(1))["sessionId"], (string?)(await OpenAsync(1))["sessionId"]);

    /// <summary>From another device, at the other node.</summary>
    private Task<Answer> EraseAsync() => Account.SendToAsync(own.Both.Addresses[1], HttpMethod.Delete, "chat/session");

    /// <param name="script">Name of the script, and the how-manieth time where not the first.</param>
    /// <param name="before">Before or after it.</param>
    /// <param name="between">What happens there.</param>
    /// <param name="act">What is interrupted.</param>
    private async Task AtAsync(string script, bool before, Func<Task> between, Func<Task> act)
    {
        var words = script.Split(' ');
        var time = words.Length > 1 ? int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture) : 1;
        own.First.At(words[0], before ? Moment.Before : Moment.After, time, between);
        await act();
        Assert.True(own.First.HasHappened, $"{script} did not come by.");
    }
}
