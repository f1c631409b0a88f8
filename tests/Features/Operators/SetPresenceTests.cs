using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Operators;

[Collection(nameof(DeskNodes))]
public sealed class SetPresenceTests(DeskNodes desk) : DeskTest(desk)
{
    [Fact]
    public async Task An_operator_that_never_said_anything_is_online_for_all_departments_with_room_for_five()
    {
        var answer = (await Desk.Operator().PutAsync("operator/presence", new { })).Expect(HttpStatusCode.OK);

        Assert.Equal(("online", 5, 0, 60), ((string?)answer["status"], (int)answer["capacity"]!, (int)answer["held"]!, (int)answer["leaseSeconds"]!));
        Assert.Empty(answer["departments"]!.AsArray());
    }

    [Theory]
    [InlineData("operator", false)]
    [InlineData("supervisor", true)]
    public async Task It_tells_the_operator_who_it_is_and_which_departments_there_are(string role, bool isSupervisor)
    {
        var id = ChatClient.NewId("operator");

        var answer = await Desk.Operator(id, "Dana", role).PutAsync("operator/presence", new { });

        Assert.Equal((id, "Dana", isSupervisor), ((string?)answer["operator"]!["id"], (string?)answer["operator"]!["name"], (bool)answer["supervisor"]!));
        Assert.Equal(["support", "billing"], answer["allDepartments"]!.AsArray().Select(d => (string?)d));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    public async Task Capacity_may_be_from_1_to_50(int capacity)
    {
        var answer = (await Desk.Operator().PutAsync("operator/presence", new { capacity })).Expect(HttpStatusCode.OK);

        Assert.Equal(capacity, (int)answer["capacity"]!);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(51)]
    [InlineData(int.MaxValue)]
    public async Task Another_capacity_is_refused_and_nothing_changes(int capacity)
    {
        var dana = Desk.Operator();
        await dana.PutAsync("operator/presence", new { status = "away", capacity = 7 });

        (await dana.PutAsync("operator/presence", new { status = "online", capacity })).ExpectInvalid("capacity");

        var still = await dana.PutAsync("operator/presence", new { });
        Assert.Equal(("away", 7), ((string?)still["status"], (int)still["capacity"]!));
    }

    [Fact]
    public async Task An_unknown_department_is_refused_and_nothing_changes()
    {
        var dana = Desk.Operator();
        await dana.ServeAsync("billing");

        var refused = (await dana.ServeAsync("support", "nowhere")).ExpectProblem(400, "invalid_request");

        Assert.StartsWith("departments", Assert.Single(refused["errors"]!.AsObject()).Key, StringComparison.Ordinal);
        Assert.Equal("billing", (string?)Assert.Single((await dana.PutAsync("operator/presence", new { }))["departments"]!.AsArray()));
    }

    [Fact]
    public async Task A_department_that_is_named_again_is_kept_once_and_more_than_there_are_are_refused()
    {
        var dana = Desk.Operator();

        var twice = (await dana.ServeAsync("billing", "billing")).Expect(HttpStatusCode.OK);
        Assert.Equal("billing", (string?)Assert.Single(twice["departments"]!.AsArray()));
        Assert.Equal("online 5 billing", (string?)await Desk.Database.HashGetAsync(Keys.OfRoster()[1], dana.Id));

        foreach (var name in (string[])["billing", "nowhere"])
        {
            var refused = (await dana.ServeAsync([.. Enumerable.Repeat(name, 5000)])).ExpectProblem(400, "invalid_request");
            Assert.Equal("departments", Assert.Single(refused["errors"]!.AsObject()).Key);
        }

        // An operator that named more in an earlier version is listed without them.
        await Desk.Database.HashSetAsync(Keys.OfRoster()[1], dana.Id, "online 5 " + string.Join(',', Enumerable.Repeat("support", 5000)));
        var listed = (await dana.GetAsync("operator/operators")).Expect(HttpStatusCode.OK)["operators"]!.AsArray();
        Assert.Equal("support", (string?)Assert.Single(Assert.Single(listed, one => (string?)one!["id"] == dana.Id)!["departments"]!.AsArray()));
    }

    [Theory]
    [InlineData("\"busy\"")]
    [InlineData("1")]
    [InlineData("[\"away\"]")]
    public async Task A_status_that_does_not_exist_is_refused(string status) =>
        (await Desk.Operator().PutAsync("operator/presence", JsonNode.Parse($$"""{ "status": {{status}} }""")!))
            .ExpectProblem(400, "invalid_request");

    [Fact]
    public async Task What_is_left_out_stays_as_it_is()
    {
        var dana = Desk.Operator();
        string[] both = ["support", "billing"];
        await dana.ServeAsync("billing");
        await dana.PutAsync("operator/presence", new { status = "away", capacity = 3 });

        await PresenceAsync(new { capacity = 2 }, "away", 2, "billing");
        await PresenceAsync(new { departments = both }, "away", 2, "support", "billing");
        await PresenceAsync(new { status = "online" }, "online", 2, "support", "billing");
        await PresenceAsync(new { departments = Array.Empty<string>() }, "online", 2);

        async Task PresenceAsync(object said, string status, int capacity, params string[] departments)
        {
            var answer = (await dana.PutAsync("operator/presence", said)).Expect(HttpStatusCode.OK);
            Assert.Equal((status, capacity), ((string?)answer["status"], (int)answer["capacity"]!));
            Assert.Equal(departments, answer["departments"]!.AsArray().Select(d => (string?)d));
        }
    }

    [Fact]
    public async Task With_the_only_operator_away_nobody_is_online_for_visitors()
    {
        var dana = Desk.Operator();
        await dana.PutAsync("operator/presence", new { status = "online" });
        await AvailableAsync(true);

        await dana.PutAsync("operator/presence", new { status = "away" });
        await AvailableAsync(false);
        var visitor = Desk.Visitor();
        await visitor.OpenAsync();
        Assert.False((bool)(await visitor.PostAsync("chat/session/call-operator"))["operatorsOnline"]!);

        await dana.PutAsync("operator/presence", new { status = "online" });
        await AvailableAsync(true);

        // Each node keeps a snapshot of its own: both must say so.
        Task AvailableAsync(bool online) => EventuallyAsync($"operatorsOnline {online}", async () =>
        {
            var answers = await Task.WhenAll(Desk.Visitor().GetAsync("chat/availability"), Desk.Visitor().GetAsync("chat/availability"));
            return answers.All(a => (bool)a["operatorsOnline"]! == online && (bool)a["open"]! == online);
        });
    }

    [Fact]
    public async Task An_operator_claims_only_from_its_departments()
    {
        var dana = Desk.Operator();
        var (billing, support) = (await Desk.CallAsync("billing"), await Desk.CallAsync());
        await dana.ServeAsync("support");

        Assert.Equal(support.SessionId, (string?)(await dana.ClaimAsync())["sessionId"]);
        (await dana.ClaimAsync()).Expect(HttpStatusCode.NoContent);

        await dana.ServeAsync("billing");
        Assert.Equal(billing.SessionId, (string?)(await dana.ClaimAsync())["sessionId"]);
    }

    [Fact]
    public async Task Over_several_departments_the_oldest_call_comes_first()
    {
        var dana = Desk.Operator();
        await dana.ServeAsync("support", "billing");
        var called = new List<string>();
        foreach (var department in (string[])["billing", "support", "billing", "support"])
        {
            called.Add((await Desk.CallAsync(department)).SessionId);
        }

        var claimed = new List<string>();
        while ((await dana.ClaimAsync()) is { Status: HttpStatusCode.OK } claim)
        {
            claimed.Add((string)claim["sessionId"]!);
        }

        Assert.Equal(called, claimed);
    }

    [Fact]
    public async Task Less_room_than_is_taken_and_being_away_take_no_session_from_the_operator()
    {
        var dana = Desk.Operator();
        var held = await Desk.CallHeldByAsync(dana);
        await Desk.CallHeldByAsync(dana);
        await Desk.CallAsync();

        var said = await dana.PutAsync("operator/presence", new { status = "away", capacity = 1 });

        Assert.Equal(2, (int)said["held"]!);
        (await dana.ClaimAsync()).ExpectProblem(409, "at_capacity");
        (await dana.SayAsync("Still here.", held.SessionId)).Expect(HttpStatusCode.Created);
        Assert.Equal(2, (await dana.MineAsync()).Count);
    }
}
