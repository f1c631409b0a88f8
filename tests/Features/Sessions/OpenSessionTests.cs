using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Intotes.Chat.Storage;

namespace Intotes.Chat.Tests.Features.Sessions;

public sealed class OpenSessionTests(ChatNodes nodes)
{
    [Fact]
    public async Task Gives_an_anonymous_visitor_a_session_and_the_same_one_again()
    {
        var visitor = ChatClient.Anonymous(nodes);

        var created = (await visitor.OpenAsync()).Expect(HttpStatusCode.Created);
        Assert.Equal("open", (string?)created["status"]);
        Assert.Equal("anonymous", (string?)created["visitor"]!["kind"]);
        Assert.Equal("0-0", (string?)created["cursor"]);
        Assert.Null(created["operator"]);
        Assert.Null(created["queue"]);

        var again = (await visitor.OpenAsync()).Expect(HttpStatusCode.OK);
        Assert.Equal((string?)created["sessionId"], (string?)again["sessionId"]);
        Assert.Equal((string?)created["token"], (string?)again["token"]);
        Assert.Equal((string?)created["createdAt"], (string?)again["createdAt"]);
    }

    [Fact]
    public async Task The_answer_has_every_field_of_the_contract_and_times_in_utc_with_milliseconds()
    {
        var created = await ChatClient.Anonymous(nodes).OpenAsync();

        foreach (var field in (string[])["sessionId", "status", "createdAt", "visitor", "operator", "queue", "cursor", "token"])
        {
            Assert.True(created.Body!.AsObject().ContainsKey(field), field);
        }

        foreach (var field in (string[])["kind", "userId", "name"])
        {
            Assert.True(created["visitor"]!.AsObject().ContainsKey(field), field);
        }

        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string?)created["createdAt"]);
        Assert.StartsWith("application/json", created.Headers["Content-Type"].Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_body_is_optional()
    {
        var bodies = new HttpContent?[]
        {
            null,
            Json("{}"),
            Json(""),
            new ByteArrayContent([]),
            Json("""{ "name": null, "email": null, "locale": null, "pageUrl": null, "department": null }"""),
            Json("""{ "favouriteColour": "green", "name": "Ann" }"""),
        };
        foreach (var body in bodies)
        {
            (await ChatClient.Anonymous(nodes).SendAsync(HttpMethod.Post, "chat/session", body)).Expect(HttpStatusCode.Created);
        }
    }

    [Fact]
    public async Task What_the_visitor_says_about_itself_is_kept_until_it_says_otherwise_and_shown_to_operators()
    {
        var visitor = ChatClient.Anonymous(nodes);
        await visitor.OpenAsync(new { name = "Ann 🌻", locale = "de-AT", pageUrl = "https://intotes.example/trades?id=7", department = "billing" });
        var opened = (await visitor.OpenAsync(new { email = "ann@example.com", locale = "de-CH" })).Expect(HttpStatusCode.OK);
        Assert.Equal("Ann 🌻", (string?)opened["visitor"]!["name"]);

        var session = (await ChatClient.Operator(nodes, role: "supervisor").GetAsync($"operator/sessions/{opened["sessionId"]}"))["session"]!;
        var shown = new JsonObject
        {
            ["kind"] = "anonymous",
            ["userId"] = null,
            ["name"] = "Ann 🌻",
            ["email"] = "ann@example.com",
            ["locale"] = "de-CH",
            ["pageUrl"] = "https://intotes.example/trades?id=7",
        };
        Assert.True(JsonNode.DeepEquals(shown, session["visitor"]), session.ToJsonString());
        Assert.Equal("billing", (string?)session["department"]);
    }

    public static TheoryData<string, string> WrongDetails => new()
    {
        { "name", $"\"{new string('n', 101)}\"" },
        { "name", "\"Ann\\u0007\"" },
        { "name", "\"Ann\\nAdmin\"" },
        { "name", "\"Ann\\u0085\"" },
        { "name", "\"Ann\\ud83c\"" },
        { "name", "7" },
        { "name", "[\"Ann\"]" },
        { "email", "\"ann at example\"" },
        { "email", $"\"{new string('a', 250)}@b.de\"" },
        { "email", "\"ann@example.com\\r\\nBcc: all@example.com\"" },
        { "locale", $"\"{new string('d', 36)}\"" },
        { "locale", "\"de\\u0000\"" },
        { "pageUrl", $"\"https://intotes.example/{new string('p', 2000)}\"" },
        { "pageUrl", "\"https://intotes.example/\\u001b[2J\"" },
        { "department", "\"nowhere\"" },
        { "department", "\"Support\"" },
        { "department", "\"\"" },
    };

    [Theory]
    [MemberData(nameof(WrongDetails))]
    public async Task A_wrong_detail_is_refused_by_name_and_nothing_is_created_or_changed(string field, string value)
    {
        var body = $$"""{ "{{(field == "locale" ? "pageUrl" : "locale")}}": "new", "{{field}}": {{value}} }""";

        var refused = (await ChatClient.Anonymous(nodes).SendAsync(HttpMethod.Post, "chat/session", Json(body))).ExpectInvalid(field);
        Assert.Equal([field], refused["errors"]!.AsObject().Select(error => error.Key));
        Assert.Empty(refused.Headers["Set-Cookie"]);

        var visitor = ChatClient.Anonymous(nodes);
        var session = (string)(await visitor.OpenAsync(new { name = "Ann", locale = "old", pageUrl = "old" }))["sessionId"]!;
        var before = await StoredAsync(session);
        (await visitor.SendAsync(HttpMethod.Post, "chat/session", Json(body))).ExpectInvalid(field);
        Assert.Equal(before, await StoredAsync(session));
    }

    [Fact]
    public async Task Every_wrong_detail_is_named()
    {
        var refused = await ChatClient.Anonymous(nodes).OpenAsync(new { name = "a\tb", email = "ann", department = "nowhere" });

        Assert.Equal(["department", "email", "name"], refused.ExpectInvalid("name")["errors"]!.AsObject().Select(error => error.Key).Order());
    }

    [Fact]
    public async Task Details_may_be_as_long_as_the_limits_say()
    {
        // Not the name that an operator of another test has.
        var longest = new { name = ChatClient.NewId("name").PadRight(100, 'n'), email = new string('a', 249) + "@b.de", locale = new string('d', 35), pageUrl = new string('p', 2000) };

        var created = (await ChatClient.Anonymous(nodes).OpenAsync(longest)).Expect(HttpStatusCode.Created);

        Assert.Equal(longest.name, (string?)created["visitor"]!["name"]);
    }

    [Fact]
    public async Task Naming_another_department_does_not_move_a_call_that_waits()
    {
        var visitor = ChatClient.Anonymous(nodes);
        var session = (string)(await visitor.OpenAsync(new { department = "support" }))["sessionId"]!;
        await visitor.CallOperatorAsync();

        await visitor.OpenAsync(new { department = "billing" });

        var seen = (await ChatClient.Operator(nodes).GetAsync($"operator/sessions/{session}"))["session"]!;
        Assert.Equal("support", (string?)seen["department"]);
        (await ChatClient.Operator(nodes).PostAsync("operator/calls/claim", new { sessionId = session })).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Operators_have_no_session_of_their_own()
    {
        (await ChatClient.Operator(nodes).OpenAsync()).ExpectProblem(403, "forbidden");
        (await ChatClient.Operator(nodes, role: "supervisor").OpenAsync()).ExpectProblem(403, "forbidden");
    }

    private async Task<IReadOnlyDictionary<string, string>> StoredAsync(string session) =>
        (await nodes.Redis.Database.HashGetAllAsync(Keys.Session(session)))
        .ToDictionary(field => (string)field.Name!, field => (string)field.Value!);

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
