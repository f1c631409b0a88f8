using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>Nodes whose day holds few audit entries.</summary>
public sealed class AuditedNodes(ChatNodes shared) : DeskNodes(shared, ("Audit:EntriesPerDay", $"{EntriesPerDay}"), ("Platform:ApiKey", PlatformKey))
{
    public const int EntriesPerDay = 200;

    public const string PlatformKey = "the platform's key";

    protected override bool IsExpected(string line) =>
        line.Contains("Audit__EntriesPerDay", StringComparison.Ordinal) || line.Contains("Background work was lost", StringComparison.Ordinal)
        || line.Contains("could not be stored", StringComparison.Ordinal);
}

/// <summary>Who did, looked at or was refused what is kept outside the sessions, and supervisors can read it.</summary>
public sealed class AuditTests(AuditedNodes desk) : DeskTest(desk), IClassFixture<AuditedNodes>
{
    [Fact]
    public async Task What_an_operator_does_and_looks_at_is_recorded_of_anonymous_visitors_too()
    {
        var (dana, eli, sue, user) = (Desk.Operator(), Desk.Operator(name: "Eli"), Desk.Supervisor(), ChatClient.NewId("user"));
        await eli.PutAsync("operator/presence", new { capacity = 6 });
        var (anonymous, call) = (await Desk.CallHeldByAsync(dana), await Desk.CallHeldByAsync(dana, visitor: Desk.Account(user)));
        await dana.GetAsync($"operator/sessions/{anonymous.SessionId}");
        await dana.GetAsync($"operator/sessions/{call.SessionId}/customer");
        await dana.GetAsync($"chat/history?sessionId={call.SessionId}");
        await dana.PostAsync($"operator/sessions/{call.SessionId}/notes", new { text = "secret words" });
        await dana.PostAsync($"operator/sessions/{call.SessionId}/block", new { minutes = 5 });
        await dana.PostAsync($"operator/sessions/{call.SessionId}/block", new { minutes = 0 });
        await dana.ReleaseAsync(call.SessionId);
        await dana.ClaimAsync(call.SessionId);
        await dana.TransferToAsync(call.SessionId, eli.Id, "more secret words");
        await eli.PostAsync($"operator/sessions/{call.SessionId}/close", new { reason = "secret reason" });
        await dana.PostAsync("operator/canned-replies", new { shortcut = "hi", text = "secret reply" });
        await dana.PutAsync("operator/canned-replies/hi", new { text = "secret reply" });
        await dana.DeleteAsync("operator/canned-replies/hi");
        await sue.PostAsync("accounts/erase", new { userId = user });
        await BackgroundIdleAsync();

        Assert.Equal(
            ["claimed", "session_read"], await WhatsAsync(sue, $"sessionId={anonymous.SessionId}"));
        Assert.Equal(
            ["account_erased", "blocked", "claimed", "claimed", "closed", "customer_seen", "noted", "released", "transferred", "unblocked"],
            (await WhatsAsync(sue, $"userId={user}")).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["blocked for 5 minutes", "unblocked "],
            (await EntriesAsync(sue, $"sessionId={call.SessionId}")).Select(entry => $"{entry["what"]} {entry["detail"]}").Where(entry => entry.Contains("blocked", StringComparison.Ordinal)));
        Assert.Contains("history_read", await WhatsAsync(sue, $"sessionId={call.SessionId}"));
        Assert.Equal(["presence_set", "closed"], await WhatsAsync(sue, $"operatorId={eli.Id}"));
        Assert.Equal(["reply_added", "reply_deleted", "reply_replaced"], (await WhatsAsync(sue, $"operatorId={dana.Id}")).Where(what => what.StartsWith("reply", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(["transferred"], (await WhatsAsync(sue, $"operatorId={dana.Id}&sessionId={call.SessionId}")).Where(what => what == "transferred"));

        var all = string.Join('\n', (await EntriesAsync(sue, "limit=500")).Select(entry => entry.ToJsonString()));
        Assert.All(["secret", user, call.SessionId, anonymous.SessionId], text => Assert.DoesNotContain(text, all, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("chat/poll?sessionId={0}&after=0-0")]
    [InlineData("chat/poll?sessionId={0}")]
    [InlineData("chat/events?sessionId={0}&after=0-0&wait=1")]
    [InlineData("operator/poll")]
    public async Task A_poll_that_shows_what_was_said_before_is_a_look_and_one_that_brings_news_is_not(string path)
    {
        var (dana, sue) = (Desk.Operator(), Desk.Supervisor());
        var call = await Desk.CallAsync();
        await call.Visitor.SayAsync("Before");
        (await dana.ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK);
        var cursor = (string)(await dana.GetAsync($"chat/history?sessionId={call.SessionId}&limit=1"))["messages"]![0]!["id"]!;
        await BackgroundIdleAsync();
        var before = await ReadsAsync();

        await call.Visitor.SayAsync("News");
        Assert.Single((await dana.GetAsync($"chat/poll?sessionId={call.SessionId}&after={cursor}"))["messages"]!.AsArray());
        await BackgroundIdleAsync();
        Assert.Equal(before, await ReadsAsync());

        // Each node remembers the looks that it has recorded.
        for (var i = 0; i < 4; i++)
        {
            (await dana.GetAsync(string.Format(CultureInfo.InvariantCulture, path, call.SessionId))).Expect(HttpStatusCode.OK);
        }

        await BackgroundIdleAsync();
        Assert.InRange(await ReadsAsync() - before, 1, 2);

        async Task<int> ReadsAsync() => (await WhatsAsync(sue, $"sessionId={call.SessionId}")).Count(what => what == "history_read");
    }

    [Fact]
    public async Task An_erasure_leaves_the_audit_stream_alone()
    {
        var (dana, sue, user) = (Desk.Operator(), Desk.Supervisor(), ChatClient.NewId("user"));
        var (mine, account) = (await Desk.CallHeldByAsync(dana), await Desk.CallHeldByAsync(dana, visitor: Desk.Account(user)));

        (await mine.Visitor.DeleteAsync("chat/session")).Expect(HttpStatusCode.NoContent);
        (await sue.PostAsync("accounts/erase", new { userId = user })).Expect(HttpStatusCode.OK);

        await BackgroundIdleAsync();
        Assert.Contains("claimed", await WhatsAsync(sue, $"sessionId={mine.SessionId}"));
        Assert.Contains("claimed", await WhatsAsync(sue, $"userId={user}"));
        Assert.Contains("claimed", await WhatsAsync(sue, $"sessionId={account.SessionId}"));
    }

    [Fact]
    public async Task Refused_attempts_are_recorded_but_a_flood_of_them_is_not()
    {
        var (dana, eli, sue, user) = (Desk.Operator(), Desk.Operator(name: "Eli"), Desk.Supervisor(), ChatClient.NewId("user"));
        var call = await Desk.CallHeldByAsync(dana);
        (await eli.GetAsync("operator/audit")).ExpectProblem(403, "forbidden");
        (await eli.GetAsync($"operator/sessions/{call.SessionId}")).ExpectProblem(404, "session_not_found");
        (await eli.SayAsync("Hello", call.SessionId)).ExpectProblem(403, "not_assigned");
        (await Desk.Account(user).GetAsync("operator/calls")).ExpectProblem(403, "forbidden");
        await BackgroundIdleAsync();

        var entries = await EntriesAsync(sue, $"operatorId={eli.Id}");
        Assert.Equal(
            [("forbidden", "GET /api/v1/operator/audit"), ("not_assigned", "POST /api/v1/chat/message"), ("session_not_found", "GET /api/v1/operator/sessions/{sessionId}")],
            entries.Select(entry => ((string)entry["refused"]!, (string)entry["detail"]!)).Order());
        var refusal = Assert.Single(await EntriesAsync(sue, $"userId={user}"));
        Assert.Equal(("account", "forbidden"), ((string)refusal["role"]!, (string)refusal["refused"]!));

        for (var attempt = 0; attempt < 3 * AuditLog.RefusalsPerMinute; attempt++)
        {
            await eli.GetAsync("operator/audit");
        }

        await BackgroundIdleAsync();
        // Each node has a limit of its own, and a busy machine takes a while.
        Assert.InRange((await EntriesAsync(sue, $"operatorId={eli.Id}&limit=500")).Count, AuditLog.RefusalsPerMinute, (2 * AuditLog.RefusalsPerMinute) + 25);
    }

    [Fact]
    public async Task Pages_follow_on_each_other_and_a_time_bounds_them()
    {
        var (dana, sue) = (Desk.Operator(), Desk.Supervisor());
        for (var i = 0; i < 7; i++)
        {
            await dana.PutAsync("operator/presence", new { capacity = i + 1 });
        }

        await BackgroundIdleAsync();
        var (ids, query) = (new List<string>(), $"operatorId={dana.Id}&limit=3");
        for (string? after = null; ;)
        {
            var page = (await sue.GetAsync($"operator/audit?{query}{(after is null ? "" : "&after=" + after)}")).Expect(HttpStatusCode.OK);
            ids.AddRange(page["entries"]!.AsArray().Select(entry => (string)entry!["id"]!));
            Assert.InRange(page["entries"]!.AsArray().Count, 0, 3);
            after = (string)page["cursor"]!;
            if (!(bool)page["hasMore"]!)
            {
                // The same cursor goes on when there is more.
                await dana.PutAsync("operator/presence", new { capacity = 9 });
                Assert.Single((await sue.GetAsync($"operator/audit?{query}&after={after}"))["entries"]!.AsArray());
                break;
            }
        }

        Assert.Equal((7, 7), (ids.Count, ids.Distinct().Count()));
        Assert.Empty(await EntriesAsync(sue, $"operatorId={dana.Id}&to=2020-01-01T00:00:00.000Z"));
        Assert.Empty(await EntriesAsync(sue, $"operatorId={dana.Id}&from=2999-01-01T00:00:00.000Z"));
        Assert.Equal(8, (await EntriesAsync(sue, $"operatorId={dana.Id}&from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z")).Count);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=501", "limit")]
    [InlineData("from=yesterday", "from")]
    [InlineData("to=1", "to")]
    public async Task What_cannot_be_asked_is_refused(string query, string field) => (await Desk.Supervisor().GetAsync("operator/audit?" + query)).ExpectInvalid(field);

    [Theory]
    [InlineData("x")]
    [InlineData("20261301.")]
    [InlineData("20260101.(1-1")]
    [InlineData("20260101.99999999999999999999-1")]
    public async Task A_cursor_of_nobody_is_refused(string after) =>
        (await Desk.Supervisor().GetAsync("operator/audit?after=" + Uri.EscapeDataString(after))).ExpectProblem(400, "invalid_cursor");

    [Fact]
    public async Task Who_asks_for_nothing_there_is_answered_in_few_calls_and_can_go_on()
    {
        var sue = Desk.Supervisor();
        var (pages, after) = (0, "");
        for (var hasMore = true; hasMore; pages++)
        {
            var page = (await sue.GetAsync($"operator/audit?sessionId=none{after}")).Expect(HttpStatusCode.OK);
            Assert.All(page["entries"]!.AsArray(), entry => Assert.Equal("audit_read", (string?)entry!["what"])); // this very reading
            (hasMore, after) = ((bool)page["hasMore"]!, "&after=" + (string)page["cursor"]!);
        }

        Assert.InRange(pages, 8, 9); // 402 days, 50 at once
    }

    [Fact]
    public async Task A_full_day_takes_no_more_looks_and_refusals_but_still_actions_and_their_answers_are_given()
    {
        var (operators, sue) = (Enumerable.Range(0, 21).Select(_ => Desk.Operator()).ToList(), Desk.Supervisor());
        for (var i = 0; i < AuditedNodes.EntriesPerDay / 10; i++)
        {
            await Task.WhenAll(operators.Select(async one => (await one.PutAsync("operator/presence", new { capacity = 10 + i })).Expect(HttpStatusCode.OK)));
        }

        await sue.GetAsync("operator/audit");
        await BackgroundIdleAsync();

        var day = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        Assert.Equal(2 * AuditedNodes.EntriesPerDay, await Desk.Database.StreamLengthAsync(Keys.Audit(day)));
        Assert.InRange((await Desk.Database.KeyTimeToLiveAsync(Keys.Audit(day)))!.Value.TotalDays, 399, 400);
    }

    [Fact]
    public async Task An_audit_stream_in_a_wrong_state_fails_no_action()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallAsync();
        await Desk.Database.KeyDeleteAsync(Keys.Audit(DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime)));
        await Desk.Database.StringSetAsync(Keys.Audit(DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime)), "spoilt");

        (await dana.ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK);
        (await dana.GetAsync($"operator/sessions/{call.SessionId}")).Expect(HttpStatusCode.OK);
        (await dana.PostAsync($"operator/sessions/{call.SessionId}/close")).Expect(HttpStatusCode.OK);
        await BackgroundIdleAsync();
    }

    private static async Task<IReadOnlyList<JsonNode>> EntriesAsync(DeskCaller reader, string query)
    {
        var (entries, after) = (new List<JsonNode>(), "");
        for (var hasMore = true; hasMore;)
        {
            var page = (await reader.GetAsync($"operator/audit?{query}{after}")).Expect(HttpStatusCode.OK);
            entries.AddRange(page["entries"]!.AsArray().Select(entry => entry!));
            (hasMore, after) = ((bool)page["hasMore"]!, "&after=" + (string)page["cursor"]!);
        }

        return entries;
    }

    private static async Task<IReadOnlyList<string>> WhatsAsync(DeskCaller reader, string query) =>
        [.. (await EntriesAsync(reader, query)).Select(entry => (string)entry["what"]!).Where(what => what != "audit_read")];
}
