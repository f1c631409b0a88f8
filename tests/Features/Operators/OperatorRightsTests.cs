using System.Net;
using System.Security.Claims;
using System.Text.Json.Nodes;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Intotes.Chat.Tests.Hosting;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>Nodes where tokens say which departments an operator serves, and end after two hours; and only supervisors change canned replies.</summary>
public sealed class RightsNodes(ChatNodes shared) : DeskNodes(
    shared, ("Jwt:DepartmentsClaim", "desks"), ("Jwt:OperatorMaxAgeMinutes", "120"), ("Chat:CannedRepliesBy", "supervisors"))
{
    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>An operator whose token has these desks; null for none.</summary>
    public DeskCaller Of(JsonNode? desks, string role = "operator", string? id = null) => With(role, id, claims =>
    {
        if (desks is not null)
        {
            claims["desks"] = desks;
        }
    });

    /// <summary>Somebody whose token was issued so long ago; null for one that does not say when.</summary>
    public DeskCaller Issued(double? minutesAgo, string? role = "operator") => With(role, null, claims =>
    {
        claims["desks"] = "support";
        claims.Remove("iat");
        if (minutesAgo is { } minutes)
        {
            claims["iat"] = Now - (minutes * 60);
        }
    });

    private DeskCaller With(string? role, string? id, Action<JsonObject> change)
    {
        var jwt = new HandmadeJwt("intotes-development-signing-key-not-for-production", id ?? ChatClient.NewId("operator"));
        if (role is not null)
        {
            jwt.Claims["role"] = role;
        }

        change(jwt.Claims);
        return Bearing(jwt.WithSignature(), (string)jwt.Claims["sub"]!);
    }
}

public sealed class OperatorRightsTests(RightsNodes desk) : DeskTest(desk), IClassFixture<RightsNodes>
{
    private RightsNodes Rights => (RightsNodes)Desk;

    [Fact]
    public async Task An_operator_serves_the_departments_of_its_token_and_not_those_it_names()
    {
        var (support, billing) = (await Desk.CallAsync("support"), await Desk.CallAsync("billing"));
        var (dana, both) = (Rights.Of("support"), Rights.Of(new JsonArray("support", "billing")));

        (await dana.ServeAsync("billing")).ExpectProblem(403, "forbidden");
        (await dana.ServeAsync("support", "billing")).ExpectProblem(403, "forbidden");
        var presence = (await dana.ServeAsync()).Expect(HttpStatusCode.OK);
        Assert.Equal(["support"], presence["allDepartments"]!.AsArray().Select(name => (string)name!));

        Assert.Equal([support.SessionId], await dana.CallsAsync());
        Assert.Equal([support.SessionId], (await dana.GetAsync("operator/sessions?state=waiting")).Ids("sessions"));
        Assert.Equal(1, (int)(await dana.GetAsync("operator/poll"))["queue"]!["waiting"]!);
        Assert.Equal(1, (int)(await dana.GetAsync("operator/stats"))["waiting"]!);
        (await dana.GetAsync($"operator/sessions/{billing.SessionId}")).ExpectProblem(404, "session_not_found");
        (await dana.PostAsync($"operator/sessions/{billing.SessionId}/notes", new { text = "Mine?" })).ExpectProblem(404, "session_not_found");
        (await dana.ClaimAsync(billing.SessionId)).ExpectProblem(404, "session_not_found");
        (await dana.ClaimAsync()).Expect(HttpStatusCode.OK);
        (await dana.ClaimAsync()).Expect(HttpStatusCode.NoContent);
        Assert.Equal([billing.SessionId], await both.CallsAsync());
        (await both.ClaimAsync()).Expect(HttpStatusCode.OK);
        Assert.Equal([billing.SessionId], await both.MineAsync());
    }

    [Fact]
    public async Task A_session_is_transferred_to_nobody_whose_token_does_not_grant_its_department()
    {
        var (dana, eli, ada) = (Rights.Of("billing support"), Rights.Of("support"), Rights.Of("support,billing"));
        foreach (var @operator in (DeskCaller[])[dana, eli, ada])
        {
            await @operator.PutAsync("operator/presence", new { status = "online" });
        }

        var call = await Desk.CallHeldByAsync(dana, "billing");

        (await dana.TransferToAsync(call.SessionId, eli.Id)).ExpectProblem(409, "operator_unavailable");
        (await dana.TransferToAsync(call.SessionId, ada.Id)).Expect(HttpStatusCode.OK);
        // What it was given it keeps, and to a department of others it may hand over.
        (await ada.TransferToDepartmentAsync(call.SessionId, "support")).Expect(HttpStatusCode.OK);
        (await eli.ClaimAsync(call.SessionId)).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_the_claim_an_operator_serves_nothing_and_a_supervisor_everything()
    {
        var call = await Desk.CallAsync("billing");
        foreach (var desks in (JsonNode?[])[null, "", "   ", new JsonArray(), new JsonArray(1, true), new JsonObject { ["billing"] = true }, "Billing", "sales"])
        {
            var dana = Rights.Of(desks);
            Assert.Empty(await dana.CallsAsync());
            (await dana.ClaimAsync()).Expect(HttpStatusCode.NoContent);
            Assert.Equal(0, (int)(await dana.GetAsync("operator/poll"))["queue"]!["waiting"]!);
            (await dana.GetAsync("operator/stats")).Expect(HttpStatusCode.OK);
        }

        Assert.Equal([call.SessionId], await Rights.Of(null, "supervisor").CallsAsync());
    }

    [Fact]
    public async Task A_supervisor_of_a_department_sees_the_sessions_of_that_one()
    {
        var dana = Rights.Of("support billing");
        var (support, billing) = (await Desk.CallHeldByAsync(dana, "support"), await Desk.CallHeldByAsync(dana, "billing"));
        var sue = Rights.Of("support", "supervisor");

        Assert.Equal([support.SessionId], (await sue.GetAsync("operator/sessions?state=active")).Ids("sessions"));
        (await sue.GetAsync($"operator/sessions/{support.SessionId}")).Expect(HttpStatusCode.OK);
        (await sue.GetAsync($"operator/sessions/{billing.SessionId}")).ExpectProblem(404, "session_not_found");
        (await sue.GetAsync($"operator/sessions/{billing.SessionId}/customer")).ExpectProblem(404, "session_not_found");
        (await sue.PostAsync($"operator/sessions/{billing.SessionId}/block", new { minutes = 5 })).ExpectProblem(403, "not_assigned");
        (await billing.Visitor.SayAsync("I may speak.")).Expect(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData(119.0, "operator", true)]
    [InlineData(121.0, "operator", false)]
    [InlineData(121.0, "supervisor", false)]
    [InlineData(121.0, null, true)] // customers keep theirs
    [InlineData(null, "operator", false)]
    [InlineData(null, null, true)]
    [InlineData(-5.0, "operator", false)]
    [InlineData(1e300, "operator", false)]
    public async Task An_operators_token_is_good_for_so_long_after_it_was_issued(double? minutesAgo, string? role, bool isGood)
    {
        var caller = Rights.Issued(minutesAgo, role);
        for (var i = 0; i < 3; i++)
        {
            var answer = await caller.GetAsync(role is null ? "chat/availability" : "operator/calls");
            Assert.Equal(isGood ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, answer.Status);
        }
    }

    [Fact]
    public void A_token_that_was_found_good_ends_with_the_longest_age()
    {
        var now = TimeProvider.System.GetUtcNow();
        var identity = new ClaimsIdentity(
            [new("role", "operator"), new("iat", $"{now.AddMinutes(-100).ToUnixTimeSeconds()}"), new("exp", $"{now.AddHours(9).ToUnixTimeSeconds()}")], "Bearer", "name", "role");

        Assert.Null(OperatorTokens.Narrow(identity, new JwtSettings { OperatorMaxAgeMinutes = 120 }, now));

        Assert.InRange((identity.Expiry()!.Value - now.UtcDateTime).TotalMinutes, 19, 21);
        Assert.NotNull(OperatorTokens.Narrow(identity, new JwtSettings { OperatorMaxAgeMinutes = 120 }, now.AddMinutes(21)));
    }

    [Fact]
    public async Task What_was_granted_to_an_operator_goes_when_it_leaves_the_roster()
    {
        var (gone, dana) = (Rights.Of("support"), Rights.Of("support"));
        (await gone.GetAsync("operator/sessions")).Expect(HttpStatusCode.OK);
        Assert.True(await Rights.Database.HashExistsAsync(Keys.Grants, gone.Id));
        Assert.InRange((await Rights.Database.KeyTimeToLiveAsync(Keys.Grants))!.Value, TimeSpan.FromDays(1.9), TimeSpan.FromDays(2));

        await Rights.Database.SortedSetAddAsync(Keys.OfRoster()[0], gone.Id, 1000);
        (await dana.GetAsync("operator/sessions")).Expect(HttpStatusCode.OK);

        Assert.False(await Rights.Database.HashExistsAsync(Keys.Grants, gone.Id));
        Assert.True(await Rights.Database.HashExistsAsync(Keys.Grants, dana.Id));
    }

    [Fact]
    public void No_token_grants_itself_anything_by_the_name_that_the_service_uses()
    {
        var identity = new ClaimsIdentity([new("role", "operator"), new(Access.DepartmentsClaim, "billing")], "Bearer", "name", "role");

        Assert.Null(OperatorTokens.Narrow(identity, new JwtSettings { DepartmentsClaim = "desks" }, TimeProvider.System.GetUtcNow()));

        Assert.Equal([""], identity.FindAll(Access.DepartmentsClaim).Select(claim => claim.Value));
    }

    [Fact]
    public async Task Canned_replies_are_changed_by_supervisors_where_the_setting_says_so()
    {
        var (dana, sue) = (Rights.Of("support"), Rights.Of(null, "supervisor"));
        (await dana.PostAsync("operator/canned-replies", new { shortcut = "hi", text = "Hello" })).ExpectProblem(403, "forbidden");
        (await sue.PostAsync("operator/canned-replies", new { shortcut = "hi", text = "Hello" })).Expect(HttpStatusCode.Created);
        (await dana.PutAsync("operator/canned-replies/hi", new { text = "Go away" })).ExpectProblem(403, "forbidden");
        (await dana.DeleteAsync("operator/canned-replies/hi")).ExpectProblem(403, "forbidden");

        var reply = Assert.Single((await dana.GetAsync("operator/canned-replies"))["cannedReplies"]!.AsArray());
        Assert.Equal("Hello", (string?)reply!["text"]);
    }
}
