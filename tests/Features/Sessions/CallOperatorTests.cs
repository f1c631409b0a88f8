using System.Net;
using System.Text;

namespace Intotes.Chat.Tests.Features.Sessions;

public sealed class CallOperatorTests(ChatNodes nodes)
{
    [Fact]
    public async Task A_called_session_waits_and_says_so_everywhere()
    {
        var (visitor, session) = await OpenAsync();

        var call = (await visitor.CallOperatorAsync(new { reason = "A trade of mine is missing." })).Expect(HttpStatusCode.OK);

        Assert.Equal((session, "waiting"), ((string?)call["sessionId"], (string?)call["status"]));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string?)call["calledAt"]);
        Assert.True(call["operatorsOnline"]!.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False);
        foreach (var queue in new[] { call["queue"]!, (await visitor.GetAsync("chat/poll?after=0-0"))["queue"]!, (await visitor.OpenAsync())["queue"]! })
        {
            Assert.InRange((int)queue["position"]!, 1, (int)queue["waiting"]!);
            Assert.True(queue.AsObject().ContainsKey("estimatedWaitSeconds"));
        }

        Assert.Equal("waiting", (string?)(await visitor.OpenAsync())["status"]);
        Assert.Equal("waiting", (string?)(await visitor.GetAsync("chat/history"))["status"]);
    }

    [Fact]
    public async Task Operators_read_the_reason_and_the_department()
    {
        var (visitor, session) = await OpenAsync();
        await visitor.CallOperatorAsync(new { reason = "An invoice 💶", department = "billing" });

        var seen = (await ChatClient.Operator(nodes).GetAsync($"operator/sessions/{session}"))["session"]!;
        Assert.Equal(("An invoice 💶", "billing"), ((string?)seen["reason"], (string?)seen["department"]));
    }

    [Fact]
    public async Task Without_a_department_the_call_goes_to_the_one_named_on_opening_or_else_to_the_first()
    {
        var undecided = await OpenAsync();
        await undecided.Visitor.CallOperatorAsync();
        var decided = await OpenAsync(new { department = "billing" });
        await decided.Visitor.CallOperatorAsync();

        var dana = ChatClient.Operator(nodes);
        Assert.Equal("support", (string?)(await dana.GetAsync($"operator/sessions/{undecided.Session}"))["session"]!["department"]);
        Assert.Equal("billing", (string?)(await dana.GetAsync($"operator/sessions/{decided.Session}"))["session"]!["department"]);
    }

    [Fact]
    public async Task Calling_again_keeps_the_first_call()
    {
        var (visitor, session) = await OpenAsync();
        var first = await visitor.CallOperatorAsync(new { reason = "First", department = "support" });

        var again = (await visitor.CallOperatorAsync(new { reason = "Second", department = "billing" })).Expect(HttpStatusCode.OK);

        Assert.Equal((string?)first["calledAt"], (string?)again["calledAt"]);
        var entry = Assert.Single((await visitor.GetAsync("chat/history"))["messages"]!.AsArray())!;
        Assert.Equal(("system", "operator_called"), ((string?)entry["sender"], (string?)entry["event"]));
        Assert.False(string.IsNullOrEmpty((string?)entry["text"]));
        var seen = (await ChatClient.Operator(nodes).GetAsync($"operator/sessions/{session}"))["session"]!;
        Assert.Equal(("First", "support"), ((string?)seen["reason"], (string?)seen["department"]));
    }

    [Fact]
    public async Task With_an_operator_there_the_session_is_active_and_in_no_queue()
    {
        var (visitor, session) = await OpenAsync();
        var first = await visitor.CallOperatorAsync();
        await ChatClient.Operator(nodes).PostAsync("operator/calls/claim", new { sessionId = session });

        var again = (await visitor.CallOperatorAsync()).Expect(HttpStatusCode.OK);

        Assert.Equal("active", (string?)again["status"]);
        Assert.Null(again["queue"]);
        Assert.True((bool)again["operatorsOnline"]!);
        Assert.Equal((string?)first["calledAt"], (string?)again["calledAt"]);
        var poll = await visitor.GetAsync("chat/poll?after=0-0");
        Assert.Equal(("active", "Dana"), ((string?)poll["status"], (string?)poll["operator"]!["name"]));
        Assert.Null(poll["queue"]);
        Assert.Equal("Dana", (string?)(await visitor.OpenAsync())["operator"]!["name"]);
    }

    [Fact]
    public async Task A_closed_session_calls_nobody()
    {
        var (visitor, _) = await OpenAsync();
        await visitor.PostAsync("chat/session/close");
        (await visitor.CallOperatorAsync()).ExpectProblem(409, "session_closed");

        var account = ChatClient.Account(nodes, ChatClient.NewId("user"));
        await account.OpenAsync();
        await account.PostAsync("chat/session/close");
        (await account.CallOperatorAsync()).ExpectProblem(409, "session_closed");
    }

    [Theory]
    [InlineData("department", "\"nowhere\"")]
    [InlineData("department", "\"\"")]
    [InlineData("department", "3")]
    [InlineData("reason", "\"line one\\nline two\"")]
    [InlineData("reason", "\"\\u0000\"")]
    [InlineData("reason", "\"too long\"")]
    public async Task A_wrong_field_is_named_and_nobody_is_called(string field, string value)
    {
        var (visitor, _) = await OpenAsync();
        var json = $$"""{ "{{field}}": {{(value == "\"too long\"" ? $"\"{new string('r', 501)}\"" : value)}} }""";

        (await visitor.SendAsync(HttpMethod.Post, "chat/session/call-operator", new StringContent(json, Encoding.UTF8, "application/json"))).ExpectInvalid(field);

        var history = await visitor.GetAsync("chat/history");
        Assert.Equal(("open", 0), ((string?)history["status"], history["messages"]!.AsArray().Count));
    }

    [Fact]
    public async Task The_body_is_optional()
    {
        foreach (var body in new HttpContent?[] { null, new StringContent("{}", Encoding.UTF8, "application/json"), new StringContent("", Encoding.UTF8, "application/json"), new ByteArrayContent([]) })
        {
            var (visitor, _) = await OpenAsync();
            (await visitor.SendAsync(HttpMethod.Post, "chat/session/call-operator", body)).Expect(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Operators_call_no_operators()
    {
        (await ChatClient.Operator(nodes).CallOperatorAsync()).ExpectProblem(403, "forbidden");
        (await ChatClient.Operator(nodes, role: "supervisor").CallOperatorAsync()).ExpectProblem(403, "forbidden");
    }

    private async Task<(ChatClient Visitor, string Session)> OpenAsync(object? body = null)
    {
        var visitor = ChatClient.Anonymous(nodes);
        return (visitor, (string)(await visitor.OpenAsync(body))["sessionId"]!);
    }
}
