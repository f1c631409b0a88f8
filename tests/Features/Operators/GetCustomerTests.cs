using System.Net;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Features.Operators;

public sealed class GetCustomerTests(PlatformNodes desk) : DeskTest(desk), IClassFixture<PlatformNodes>
{
    private PlatformNodes Platform => (PlatformNodes)Desk;

    [Fact]
    public async Task The_operator_sees_profile_and_trades_in_the_platforms_own_words()
    {
        var (dana, userId) = (Desk.Operator(), ChatClient.NewId("user"));
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account(userId));

        var customer = (await CustomerAsync(dana, call)).Expect(HttpStatusCode.OK);

        Assert.Equal("live", (string?)customer["source"]);
        AssertJson("""{ "name": "Ann", "tier": "gold", "limits": { "daily": 12.5 } }""", customer["profile"]);
        AssertJson("""[{ "id": "t-1", "symbol": "BTC/EUR" }, { "id": "t-2", "odd": null }]""", customer["trades"]);
        Assert.Equal([$"/api/users/{userId}/profile", $"/api/users/{userId}/trades?limit=50"], Platform.RequestsFor(userId).Order());
        Assert.All(Platform.Requests, request => Assert.Equal(PlatformNodes.ApiKey, request.Key));
    }

    [Fact]
    public async Task A_session_shows_its_customer_too()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account());

        var session = (await dana.GetAsync($"operator/sessions/{call.SessionId}")).Expect(HttpStatusCode.OK);

        Assert.Equal(("live", "Ann"), ((string?)session["customer"]!["source"], (string?)session["customer"]!["profile"]!["name"]));
    }

    [Fact]
    public async Task Each_node_asks_the_platform_once_in_half_a_minute()
    {
        var (dana, userId) = (Desk.Operator(), ChatClient.NewId("user"));
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account(userId));

        for (var i = 0; i < 6; i++)
        {
            Assert.Equal("live", (string?)(await CustomerAsync(dana, call))["source"]);
        }

        Assert.Equal(2, Platform.RequestsFor(userId).Count(target => target.EndsWith("/profile", StringComparison.Ordinal)));
        Assert.Equal(2, Platform.RequestsFor(userId).Count(target => target.EndsWith("/trades?limit=50", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("../admin")]
    [InlineData("a?limit=1#x")]
    [InlineData("%2e%2e")]
    [InlineData("%00;\\")]
    [InlineData("Jürgen 🌻")]
    public async Task A_user_id_stays_one_part_of_the_address_whatever_it_holds(string name)
    {
        var (dana, userId) = (Desk.Operator(), $"{name}{ChatClient.NewId("")}");
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account(userId));

        Assert.Equal("live", (string?)(await CustomerAsync(dana, call))["source"]);

        var escaped = Uri.EscapeDataString(userId);
        Assert.Equal([$"/api/users/{escaped}/profile", $"/api/users/{escaped}/trades?limit=50"], Platform.RequestsFor(userId).Order());
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    public async Task A_user_id_that_no_address_can_hold_is_never_asked_for(string userId)
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account(userId));

        Assert.Equal("unavailable", (string?)(await CustomerAsync(dana, call))["source"]);

        Assert.DoesNotContain(Platform.Requests, r => r.Target.StartsWith("/api/profile", StringComparison.Ordinal) || r.Target.StartsWith("/api/users/profile", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Anonymous_visitors_are_no_customers()
    {
        var dana = Desk.Operator();
        var call = await Desk.CallHeldByAsync(dana);

        (await CustomerAsync(dana, call)).ExpectProblem(404, "not_found");

        Assert.Null((await dana.GetAsync($"operator/sessions/{call.SessionId}"))["customer"]);
        Assert.Empty(await NotesAsync(dana, call.SessionId));
    }

    [Fact]
    public async Task The_customer_of_another_operators_session_is_not_shown()
    {
        var (dana, eli, userId) = (Desk.Operator(), Desk.Operator(), ChatClient.NewId("user"));
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account(userId));

        (await CustomerAsync(eli, call)).ExpectProblem(404, "session_not_found");

        Assert.Empty(Platform.RequestsFor(userId));
        Assert.Equal("live", (string?)(await CustomerAsync(Desk.Supervisor(), call))["source"]);
    }

    [Fact]
    public async Task Each_look_is_noted_and_the_visitor_does_not_see_that()
    {
        var dana = Desk.Operator(name: "Dana");
        var call = await Desk.CallHeldByAsync(dana, visitor: Desk.Account());
        await CustomerAsync(dana, call);
        await CustomerAsync(dana, call);
        await BackgroundIdleAsync();

        var notes = await NotesAsync(dana, call.SessionId);

        Assert.InRange(notes.Count, 2, 3);
        Assert.All(notes, note => Assert.Equal(("customer_seen", dana.Id), (What(note), (string?)note["operator"]!["id"])));
        var seen = await AllThatTheVisitorSeesAsync(call.Visitor);
        Assert.DoesNotContain("customer_seen", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("gold", seen, StringComparison.Ordinal);
    }

    private static Task<Answer> CustomerAsync(DeskCaller reader, DeskCall call) => reader.GetAsync($"operator/sessions/{call.SessionId}/customer");

    private static void AssertJson(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual?.ToJsonString());
}
