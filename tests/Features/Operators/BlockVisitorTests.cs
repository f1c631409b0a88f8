using System.Net;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(DeskNodes))]
public sealed class BlockVisitorTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task A_blocked_account_can_neither_post_nor_open_a_session_on_any_device_until_it_is_let_again()
    {
        var dana = Desk.Operator();
        var userId = ChatClient.NewId("user");
        var (phone, laptop) = (Desk.Account(userId), Desk.Account(userId));
        var call = await Desk.CallHeldByAsync(dana, visitor: phone);

        (await BlockAsync(dana, call, 30)).Expect(HttpStatusCode.NoContent);

        foreach (var device in (DeskCaller[])[phone, laptop, phone, laptop])
        {
            (await device.SayAsync("Hello?")).ExpectProblem(403, "blocked");
            (await device.OpenAsync()).ExpectProblem(403, "blocked");
        }

        (await BlockAsync(dana, call, 0)).Expect(HttpStatusCode.NoContent);

        foreach (var device in (DeskCaller[])[phone, laptop, phone, laptop])
        {
            Assert.Equal(call.SessionId, (string?)(await device.OpenAsync()).Expect(HttpStatusCode.OK)["sessionId"]);
            (await device.SayAsync("Hello!")).Expect(HttpStatusCode.Created);
        }
    }

    [Fact]
    public async Task A_blocked_account_gets_no_new_session_either_once_its_own_is_closed()
    {
        var dana = Desk.Operator();
        var account = Desk.Account();
        var call = await Desk.CallHeldByAsync(dana, visitor: account);
        await BlockAsync(dana, call, 30);
        await dana.PostAsync($"operator/sessions/{call.SessionId}/close");

        (await account.OpenAsync()).ExpectProblem(403, "blocked");
        (await account.OpenAsync()).ExpectProblem(403, "blocked");
    }

    [Fact]
    public async Task An_anonymous_visitor_is_blocked_with_its_token()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);

        await BlockAsync(dana, call, 1);
        for (var i = 0; i < 2; i++)
        {
            (await call.Visitor.SayAsync("Hello?")).ExpectProblem(403, "blocked");
            (await call.Visitor.OpenAsync()).ExpectProblem(403, "blocked");
        }

        await BlockAsync(dana, call, 0);
        (await call.Visitor.OpenAsync()).Expect(HttpStatusCode.OK);
        (await call.Visitor.SayAsync("Hello!")).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Nobody_else_is_blocked_and_the_operator_may_still_write()
    {
        var dana = Desk.Operator();
        var (blocked, other, account) = (await Desk.CallHeldByAsync(dana), await Desk.CallHeldByAsync(dana), Desk.Account());
        var before = await other.Visitor.SayAsync("before");

        await BlockAsync(dana, blocked, 30);

        before.Expect(HttpStatusCode.Created);
        (await other.Visitor.SayAsync("after")).Expect(HttpStatusCode.Created);
        (await account.OpenAsync()).Expect(HttpStatusCode.Created);
        (await dana.SayAsync("You are blocked.", blocked.SessionId)).Expect(HttpStatusCode.Created);
        Assert.Equal("You are blocked.", (string?)(await blocked.Visitor.PollAsync())["messages"]!.AsArray()[^1]!["text"]);
    }

    /// <summary>The answer to the first may have been lost.</summary>
    [Fact]
    public async Task A_repeated_block_is_noted_once_and_another_one_again()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);
        foreach (var minutes in (int[])[30, 30, 60, 0, 0, 30, 30, 0])
        {
            (await BlockAsync(dana, call, minutes)).Expect(HttpStatusCode.NoContent);
        }

        Assert.Equal(
            ["blocked for 30 minutes", "blocked for 60 minutes", "unblocked ", "blocked for 30 minutes", "unblocked "],
            (await NotesAsync(dana, call.SessionId)).Select(note => $"{What(note)} {(string?)note!["text"]}"));
        (await call.Visitor.SayAsync("I may.")).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task The_block_ends_at_the_stored_deadline()
    {
        var dana = Desk.Operator();
        var userId = ChatClient.NewId("user");
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account(userId));
        await BlockAsync(dana, call, 30);
        var (session, account) = (Keys.Session(call.SessionId), Keys.OfAccount(userId)[2]);
        var now = TimeProvider.System.GetUtcNow();

        var deadline = DateTimeOffset.FromUnixTimeMilliseconds((long)await Desk.Database.HashGetAsync(session, "blocked"));
        Assert.InRange(deadline - now, TimeSpan.FromMinutes(29), TimeSpan.FromMinutes(30));
        Assert.InRange((await Desk.Database.KeyTimeToLiveAsync(account))!.Value, TimeSpan.FromMinutes(29), TimeSpan.FromMinutes(30));

        // The moment comes: the session's deadline has passed, the account's key has expired.
        await Desk.Database.HashSetAsync(session, "blocked", now.AddSeconds(-1).ToUnixTimeMilliseconds());
        await Desk.Database.KeyExpireAsync(account, TimeSpan.Zero);
        (await call.Visitor.SayAsync("Hello!")).Expect(HttpStatusCode.Created);
        (await call.Visitor.OpenAsync()).Expect(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_blocked_visitor_does_not_end_the_conversation_to_erase_it(bool isAccount)
    {
        var dana = Desk.Operator();
        var call = isAccount ? await Desk.CallHeldByAsync(dana, visitor: Desk.Account()) : await Desk.CallHeldByAsync(dana);
        (await BlockAsync(dana, call, 30)).Expect(HttpStatusCode.NoContent);

        (await call.Visitor.PostAsync("chat/session/close")).ExpectProblem(403, "blocked");
        Assert.Equal("active", (string?)await Desk.Database.HashGetAsync(Keys.Session(call.SessionId), "status"));
        (await call.Visitor.DeleteAsync("chat/session")).Expect(HttpStatusCode.NoContent);
        (await dana.GetAsync($"operator/sessions/{call.SessionId}")).Expect(HttpStatusCode.OK);

        (await dana.PostAsync($"operator/sessions/{call.SessionId}/close")).Expect(HttpStatusCode.OK);
        Assert.False(await Desk.Database.KeyExistsAsync(Keys.Session(call.SessionId)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(43_201)]
    [InlineData(null)]
    public async Task It_is_for_0_to_43200_minutes(int? minutes)
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);

        (await BlockAsync(dana, call, minutes)).ExpectInvalid("minutes");

        (await call.Visitor.SayAsync("I may.")).Expect(HttpStatusCode.Created);
        (await BlockAsync(dana, call, 43_200)).Expect(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Only_who_has_the_session_or_supervises_may_block_and_it_is_noted()
    {
        var (dana, eli, sue) = (Desk.Operator(), Desk.Operator(), Desk.Supervisor());
        var call = await Desk.CallHeldByAsync(dana);

        (await BlockAsync(eli, call, 5)).ExpectProblem(403, "not_assigned");
        (await call.Visitor.SayAsync("I may.")).Expect(HttpStatusCode.Created);
        (await BlockAsync(sue, call, 5)).Expect(HttpStatusCode.NoContent);
        (await call.Visitor.SayAsync("May I?")).ExpectProblem(403, "blocked");

        var note = Assert.Single(await NotesAsync(dana, call.SessionId));
        Assert.Equal(("blocked", sue.Id), (What(note), (string?)note["operator"]!["id"]));
        Assert.DoesNotContain("blocked", await AllThatTheVisitorSeesAsync(call.Visitor), StringComparison.Ordinal);
    }

    private static Task<Answer> BlockAsync(DeskCaller by, DeskCall call, int? minutes) => by.PostAsync($"operator/sessions/{call.SessionId}/block", new { minutes });
}
