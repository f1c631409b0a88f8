using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>Nobody passes for somebody else by a name, and a blocked visitor can neither go on nor take back what it did.</summary>
[Collection(nameof(DeskNodes))]
public sealed class NamesAndBlocksTests(DeskNodes desk) : DeskTest(desk)
{
    private const string Forged = "Ann\n\n2026-11-30 14:00:00 UTC  Dana\n    Send me your password.\n\n2026";

    [Theory]
    [InlineData("Dana Kim")]
    [InlineData("dana kim")]
    [InlineData(" D\u0101na  K\u00edm. ")]
    [InlineData("D\u0430n\u0430 K\u0456m")] // Cyrillic
    [InlineData("\uff24\uff41\uff4e\uff41 \uff2b\uff49\uff4d")] // full width
    [InlineData("Da\u200bna\u00ad Ki\u2060m")] // invisible
    [InlineData("\U0001d403\U0001d41a\U0001d427\U0001d41a \u24c0\u24d8\u24dc")] // mathematical and encircled
    [InlineData("Da\u0301na Kim\u0323")] // combining
    [InlineData("D@na K1m")]
    [InlineData("DanaKim")]
    [InlineData("\u202eDana Kim")]
    public async Task No_visitor_carries_the_name_of_an_operator_nor_one_that_looks_like_it(string name)
    {
        (await Desk.Visitor().OpenAsync(new { name })).Expect(HttpStatusCode.Created);
        await Desk.Operator(name: "Dana Kim").ServeAsync("support");

        var visitor = Desk.Visitor();
        (await visitor.OpenAsync(new { name })).ExpectInvalid("name");
        (await visitor.OpenAsync(new { name = "Dana Kimura" })).Expect(HttpStatusCode.Created);
        (await visitor.OpenAsync(new { name })).ExpectInvalid("name");
        Assert.Equal("Dana Kimura", (string?)(await visitor.OpenAsync())["visitor"]!["name"]);
        Assert.Null((string?)(await Desk.Account(name: name).OpenAsync()).Expect(HttpStatusCode.Created)["visitor"]!["name"]);
    }

    [Theory]
    [InlineData("Intotes")]
    [InlineData("lntotes Support")]
    [InlineData("IntotesTeam")]
    [InlineData("I n t o t e s")]
    [InlineData("1nt0te5")]
    [InlineData("\u0406nt\u043et\u0435s")]
    [InlineData("Anna (Support)")]
    [InlineData("Operat\u00f6r")]
    [InlineData("The Admin")]
    [InlineData("SYSTEM")]
    [InlineData("rnoderator moderator")]
    public async Task Nor_that_of_the_product_or_of_a_role(string name) => (await Desk.Visitor().OpenAsync(new { name })).ExpectInvalid("name");

    [Theory]
    [InlineData("Ann \U0001f33b")]
    [InlineData("Ecosystem Dynamics")]
    [InlineData("Badminton Fan")]
    [InlineData("\u0410\u043d\u043d\u0430 \u041f\u0435\u0442\u0440\u043e\u0432\u0430")]
    [InlineData("\u674e\u5c0f\u9f99")]
    [InlineData("Bj\u00f6rn \u00c5str\u00f6m")]
    [InlineData("\u0639\u0645\u0631")]
    public async Task Other_names_are_kept_as_they_are(string name) =>
        Assert.Equal(name, (string?)(await Desk.Visitor().OpenAsync(new { name })).Expect(HttpStatusCode.Created)["visitor"]!["name"]);

    [Fact]
    public async Task The_name_that_an_anonymous_visitor_gave_itself_does_not_become_that_of_its_account()
    {
        var dana = Desk.Operator();
        var visitor = Desk.Visitor();
        var session = (string)(await visitor.OpenAsync(new { name = "Elon" }))["sessionId"]!;
        await visitor.PostAsync("chat/session/call-operator");
        var account = Desk.Account();
        account.SessionToken = visitor.SessionToken;

        var linked = (await account.OpenAsync()).Expect(HttpStatusCode.OK);

        Assert.Equal((session, "account", null), ((string?)linked["sessionId"], (string?)linked["visitor"]!["kind"], (string?)linked["visitor"]!["name"]));
        Assert.Null((string?)(await dana.ClaimAsync(session))["visitor"]!["name"]);
        (await account.SayAsync("Hello")).Expect(HttpStatusCode.Created);
        Assert.Null((string?)(await account.PollAsync())["messages"]!.AsArray()[^1]!["senderName"]);
    }

    [Fact]
    public async Task No_name_ends_its_line_so_a_transcript_holds_the_messages_that_were_sent_and_no_others()
    {
        var dana = Desk.Operator(name: "Dana\u2028\u202e\r\nKim\u0085");
        var account = Desk.Account(name: Forged);
        var call = await Desk.CallHeldByAsync(dana, visitor: account);
        (await account.SayAsync("one\u2028two\n2026-11-30 14:00:00 UTC  [operator] Dana\n    three")).Expect(HttpStatusCode.Created);
        (await dana.SayAsync("Hello", call.SessionId)).Expect(HttpStatusCode.Created);
        // As an earlier version may have stored it.
        await Desk.Database.StreamAddAsync(Keys.Messages(call.SessionId), [new("from", "visitor"), new("name", Forged), new("text", "four")]);

        var transcript = await account.TranscriptAsync();

        var heads = transcript.Split(['\n', '\u2028', '\u2029', '\u0085']).Where(line => line.Length > 0 && line[0] != ' ').Select(line => line[25..]).ToList();
        var name = "Ann 2026-11-30 14:00:00 UTC Dana Send me your password. 2026";
        Assert.Equal(["[system]", "[system]", $"[visitor] {name}", "[operator] Dana Kim", $"[visitor] {name}"], heads);
        Assert.Contains("\n    one\n    two\n    2026-11-30 14:00:00 UTC  [operator] Dana\n        three\n\n", transcript, StringComparison.Ordinal);
        Assert.Equal("Dana Kim", (string?)(await account.PollAsync())["operator"]!["name"]);
    }

    [Fact]
    public async Task A_blocked_visitor_does_not_show_that_it_types()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        await BlockAsync(dana, call, 30);

        (await call.Visitor.PostAsync("chat/typing", new { typing = true })).ExpectProblem(403, "blocked");
        Assert.False((bool)(await dana.GetAsync($"chat/poll?after=0-0&sessionId={call.SessionId}"))["typing"]!);
        (await dana.PostAsync("chat/typing", new { typing = true, sessionId = call.SessionId })).Expect(HttpStatusCode.NoContent);
        await BlockAsync(dana, call, 0);
        (await call.Visitor.PostAsync("chat/typing", new { typing = true })).Expect(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData(false, "close")]
    [InlineData(false, "release")]
    [InlineData(false, "department")]
    [InlineData(true, "close")]
    [InlineData(true, "release")]
    public async Task What_a_blocked_visitor_erases_stays_with_the_operator_until_that_part_ends(bool isAccount, string end)
    {
        var (dana, eli) = (Desk.Operator(), Desk.Operator());
        var visitor = isAccount ? Desk.Account() : Desk.Visitor();
        var call = await Desk.CallHeldByAsync(dana, visitor: visitor);
        (await visitor.SayAsync("An insult")).Expect(HttpStatusCode.Created);
        await BlockAsync(dana, call, 30);

        foreach (var time in (int[])[1, 2])
        {
            (await visitor.DeleteAsync("chat/session")).Expect(HttpStatusCode.NoContent);
        }

        // Nothing of it is the visitor's any more, and all of it is the operator's.
        foreach (var path in (string[])["chat/poll?after=0-0", "chat/history", "chat/session/transcript"])
        {
            Assert.Equal(isAccount ? HttpStatusCode.NotFound : HttpStatusCode.Unauthorized, (await visitor.GetAsync(path)).Status);
        }

        (await dana.SayAsync("Noted.", call.SessionId)).Expect(HttpStatusCode.Created);
        await eli.ServeAsync("support");
        (await dana.TransferToAsync(call.SessionId, eli.Id)).Expect(HttpStatusCode.OK);
        var seen = (await eli.GetAsync($"operator/sessions/{call.SessionId}")).Expect(HttpStatusCode.OK);
        Assert.Contains("An insult", seen["messages"]!.AsArray().Select(message => (string?)message!["text"]));
        Assert.Equal(isAccount ? "account" : "anonymous", (string?)seen["session"]!["visitor"]!["kind"]);

        (await (end switch
        {
            "close" => eli.PostAsync($"operator/sessions/{call.SessionId}/close"),
            "release" => eli.ReleaseAsync(call.SessionId),
            _ => eli.TransferToDepartmentAsync(call.SessionId, "billing"),
        })).Expect(HttpStatusCode.OK);

        (await eli.GetAsync($"operator/sessions/{call.SessionId}")).ExpectProblem(404, "session_not_found");
        Assert.Empty(await Sessions.Mentions.OfAsync(Desk.Database, [call.SessionId]));
        Assert.Empty(await eli.CallsAsync());
    }

    [Fact]
    public async Task The_platform_erases_a_blocked_customer_at_once()
    {
        var (dana, sue, id) = (Desk.Operator(), Desk.Supervisor(), ChatClient.NewId("user"));
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account(id));
        await BlockAsync(dana, call, 30);
        (await call.Visitor.DeleteAsync("chat/session")).Expect(HttpStatusCode.NoContent);

        Assert.Equal(1, (int)(await sue.PostAsync("accounts/erase", new { userId = id })).Expect(HttpStatusCode.OK)["erased"]!);

        (await dana.GetAsync($"operator/sessions/{call.SessionId}")).ExpectProblem(404, "session_not_found");
    }

    [Theory]
    [InlineData(true, "active")]
    [InlineData(false, "waiting")]
    [InlineData(false, "closed")]
    public async Task A_visitor_that_is_not_blocked_or_not_held_erases_at_once(bool isHeld, string state)
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        if (!isHeld)
        {
            await BlockAsync(dana, call, 30);
            await (state == "waiting" ? dana.ReleaseAsync(call.SessionId) : dana.PostAsync($"operator/sessions/{call.SessionId}/close"));
        }

        (await call.Visitor.DeleteAsync("chat/session")).Expect(HttpStatusCode.NoContent);
        Assert.False(await Desk.Database.KeyExistsAsync(Keys.Session(call.SessionId)));
    }

    [Fact]
    public async Task Only_who_was_answered_may_rate()
    {
        var (dana, never, joined, answered) = (Desk.Operator(), await Desk.CallAsync(), await Desk.CallAsync(), await Desk.CallAsync());
        foreach (var call in (DeskCall[])[joined, answered])
        {
            await dana.ClaimAsync(call.SessionId);
        }

        (await dana.SayAsync("Hello", answered.SessionId)).Expect(HttpStatusCode.Created);
        foreach (var call in (DeskCall[])[never, joined, answered])
        {
            (await call.Visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        }

        (await never.Visitor.PostAsync("chat/session/rating", new { score = 1 })).ExpectProblem(409, "session_not_answered");
        (await joined.Visitor.PostAsync("chat/session/rating", new { score = 1 })).ExpectProblem(409, "session_not_answered");
        (await answered.Visitor.PostAsync("chat/session/rating", new { score = 5 })).Expect(HttpStatusCode.NoContent);
        await BackgroundIdleAsync();
        JsonNode stats = (await dana.GetAsync("operator/stats")).Expect(HttpStatusCode.OK).Body!;
        Assert.Equal((5.0, 1), ((double?)stats["averageRating"], (int)stats["ratings"]!));
    }

    private static Task<Answer> BlockAsync(DeskCaller by, DeskCall call, int minutes) => by.PostAsync($"operator/sessions/{call.SessionId}/block", new { minutes });
}
