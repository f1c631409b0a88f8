using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Features.Operators;

namespace Intotes.Chat.Tests.Features.Messages;

[Collection(nameof(DeskNodes))]
public sealed class GetTranscriptTests(DeskNodes desk) : DeskTest(desk)
{
    private const string Path = "chat/session/transcript";

    [Fact]
    public async Task The_text_tells_who_said_what_and_when_in_order_with_every_line_indented()
    {
        var dana = Desk.Operator(name: "Dana D.");
        var visitor = await ConversationAsync(dana, Desk.Visitor(), new { name = "Ann 🌻" });

        Assert.Equal(await ExpectedAsync(visitor, "Ann 🌻", "Dana D."), await visitor.TranscriptAsync());
    }

    [Fact]
    public async Task A_visitor_without_a_name_is_known_by_its_role()
    {
        var visitor = await ConversationAsync(Desk.Operator(name: "Eli"), Desk.Visitor(), new { });

        Assert.Equal(await ExpectedAsync(visitor, null, "Eli"), await visitor.TranscriptAsync());
    }

    [Fact]
    public async Task An_account_gets_the_transcript_of_its_closed_session()
    {
        var visitor = await ConversationAsync(Desk.Operator(name: "Eli"), Desk.Account(name: "Ben"), new { });
        await visitor.PostAsync("chat/session/close");

        var transcript = await visitor.TranscriptAsync();

        Assert.Equal(await ExpectedAsync(visitor, "Ben", "Eli"), transcript);
        Assert.EndsWith("  [system]\n    The visitor has closed the conversation.\n\n", transcript, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("*/*", false)]
    [InlineData("text/plain", false)]
    [InlineData("text/*, application/json;q=0.9", false)]
    [InlineData("application/json;q=0.5, text/plain", false)]
    [InlineData("application/json, text/plain", false)]
    [InlineData("text/html", false)]
    [InlineData("application/json", true)]
    [InlineData("Application/JSON", true)]
    [InlineData("application/json, */*;q=0.1", true)]
    [InlineData("text/plain;q=0.2, application/*", true)]
    [InlineData("text/plain;q=0, */*", true)]
    public async Task It_is_json_where_the_accept_header_prefers_that(string? accept, bool isJson)
    {
        var visitor = await ConversationAsync(Desk.Operator(), Desk.Visitor(), new { });

        var answer = (await visitor.GetAsync(Path, accept)).Expect(HttpStatusCode.OK);

        Assert.Equal(isJson ? "application/json; charset=utf-8" : "text/plain; charset=utf-8", answer.Headers["Content-Type"].Single());
        if (isJson)
        {
            Assert.Equal((await visitor.GetAsync("chat/history")).Body!.ToJsonString(), answer.Body!.ToJsonString());
        }
    }

    [Fact]
    public async Task It_is_for_the_visitor_of_the_session_only()
    {
        (await Desk.Visitor().GetAsync(Path)).ExpectProblem(404, "session_not_found");
        (await Desk.Account().GetAsync(Path)).ExpectProblem(404, "session_not_found");
        (await Desk.Operator().GetAsync(Path)).ExpectProblem(403, "forbidden");
        var stranger = Desk.Visitor();
        stranger.SessionToken = "q0mJ3mX0T0m2cKk0aXb1Zw.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        (await stranger.GetAsync(Path)).ExpectProblem(401, "invalid_session_token");
    }

    private static async Task<DeskCaller> ConversationAsync(DeskCaller @operator, DeskCaller visitor, object details)
    {
        var session = (await visitor.OpenAsync(details)).Expect(HttpStatusCode.Created);
        await visitor.SayAsync("one\n  two\n\nfour <b>&</b> \"five\"");
        await visitor.PostAsync("chat/session/call-operator");
        await @operator.ClaimAsync((string?)session["sessionId"]);
        await @operator.SayAsync("Hello,\nhow can I help? 🌻", (string?)session["sessionId"]);
        await visitor.SayAsync("\ttabbed");
        return visitor;
    }

    /// <summary>The layout, made from the history.</summary>
    private static async Task<string> ExpectedAsync(DeskCaller visitor, string? visitorName, string operatorName)
    {
        var messages = (await visitor.GetAsync("chat/history"))["messages"]!.AsArray();
        Assert.True(messages.Count >= 5);
        return string.Concat(messages.Select(message => Entry(message!)));

        string Entry(JsonNode message)
        {
            var at = DateTimeOffset.Parse((string)message["sentAt"]!, CultureInfo.InvariantCulture).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            var who = (string)message["sender"]! switch { "visitor" => visitorName is null ? "[visitor]" : $"[visitor] {visitorName}", "operator" => $"[operator] {operatorName}", _ => "[system]" };
            return $"{at} UTC  {who}\n{string.Concat(((string)message["text"]!).Split('\n').Select(line => $"    {line}\n"))}\n";
        }
    }
}
