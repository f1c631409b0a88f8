using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Intotes.Chat.Tests.Hosting;

public sealed class ProblemsTests(ChatNodes nodes)
{
    [Theory]
    [InlineData("GET", "nothing")]
    [InlineData("POST", "chat/nothing")]
    [InlineData("GET", "chat/session/q0mJ3mX0T0m2cKk0aXb1Zw")]
    [InlineData("GET", "/api/v2/chat/history")]
    [InlineData("GET", "/nothing.html")]
    public async Task An_unknown_address_is_not_found(string method, string path)
    {
        foreach (var caller in await CallersAsync())
        {
            Discreet((await caller.SendAsync(new HttpMethod(method), path, null)).ExpectProblem(404, "not_found"));
        }
    }

    [Theory]
    [InlineData("PUT", "chat/session", "POST")]
    [InlineData("GET", "chat/session/call-operator", "POST")]
    [InlineData("POST", "chat/history", "GET")]
    [InlineData("PATCH", "chat/message", "POST")]
    [InlineData("DELETE", "operator/calls", "GET")]
    public async Task A_method_that_an_address_does_not_take_is_refused_with_those_that_it_takes(string method, string path, string allowed)
    {
        foreach (var caller in await CallersAsync())
        {
            var refused = Discreet((await caller.SendAsync(new HttpMethod(method), path, null)).ExpectProblem(405, "method_not_allowed"));
            Assert.Contains(allowed, string.Join(',', refused.Headers["Allow"]), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_whether_it_says_its_length_or_not()
    {
        var visitor = await VisitorAsync();
        var json = $$"""{ "text": "{{new string('x', 66_000)}}" }""";
        foreach (var path in (string[])["chat/session", "chat/message", "chat/session/call-operator"])
        {
            Discreet((await visitor.SendAsync(HttpMethod.Post, path, Json(json))).ExpectProblem(413, "payload_too_large"));
            using var unannounced = new StreamContent(new Unannounced(Encoding.UTF8.GetBytes(json)));
            unannounced.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            Discreet((await visitor.SendAsync(HttpMethod.Post, path, unannounced)).ExpectProblem(413, "payload_too_large"));
        }

        Assert.Empty((await visitor.GetAsync("chat/history"))["messages"]!.AsArray());
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data")]
    [InlineData(null)]
    public async Task A_body_that_is_not_json_is_refused(string? type)
    {
        var visitor = await VisitorAsync();
        foreach (var path in (string[])["chat/session", "chat/message", "chat/session/call-operator"])
        {
            using var body = new ByteArrayContent("""{ "text": "Hello" }"""u8.ToArray());
            body.Headers.ContentType = type is null ? null : new MediaTypeHeaderValue(type);
            Discreet((await visitor.SendAsync(HttpMethod.Post, path, body)).ExpectProblem(415, "unsupported_media_type"));
        }

        Assert.Empty((await visitor.GetAsync("chat/history"))["messages"]!.AsArray());
    }

    public static TheoryData<string> BrokenJson =>
        ["{", "}", "{ \"text\": \"a\" ", "{ \"text\": \"a\" } x", "{ \"text\": 'a' }", "{ text: \"a\" }", "[]", "[{ \"text\": \"a\" }]", "\"text\"", "5", "{ \"text\": \"\\q\" }", "\u0000"];

    [Theory]
    [MemberData(nameof(BrokenJson))]
    public async Task A_body_that_is_no_json_object_is_refused(string json)
    {
        var visitor = await VisitorAsync();
        foreach (var path in (string[])["chat/session", "chat/message", "chat/session/call-operator"])
        {
            var refused = Discreet((await visitor.SendAsync(HttpMethod.Post, path, Json(json))).ExpectProblem(400, "invalid_request"));
            Assert.NotEmpty(refused["errors"]!.AsObject());
        }
    }

    [Fact]
    public async Task Null_is_no_message()
    {
        Discreet((await (await VisitorAsync()).SendAsync(HttpMethod.Post, "chat/message", Json("null"))).ExpectProblem(400, "invalid_request"));
    }

    [Fact]
    public async Task Bytes_that_are_no_utf8_are_refused()
    {
        using var body = new ByteArrayContent([.. "{ \"text\": \""u8, 0xC3, 0x28, .. "\" }"u8]);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        Discreet((await (await VisitorAsync()).SendAsync(HttpMethod.Post, "chat/message", body)).ExpectProblem(400, "invalid_request"));
    }

    [Fact]
    public async Task Json_nested_beyond_reason_is_refused()
    {
        var json = $$"""{ "text": "a", "more": {{new string('[', 10_000)}}{{new string(']', 10_000)}} }""";

        Discreet((await (await VisitorAsync()).SendAsync(HttpMethod.Post, "chat/message", Json(json))).ExpectProblem(400, "invalid_request"));
    }

    [Theory]
    [InlineData("chat/message", "text", "5")]
    [InlineData("chat/message", "text", "{}")]
    [InlineData("chat/message", "clientMessageId", "true")]
    [InlineData("chat/message", "sessionId", "[]")]
    [InlineData("chat/session", "name", "{ \"first\": \"Ann\" }")]
    [InlineData("chat/session", "pageUrl", "false")]
    [InlineData("chat/session/call-operator", "reason", "1.5")]
    public async Task A_field_of_the_wrong_type_is_named(string path, string field, string value) =>
        Discreet((await (await VisitorAsync()).SendAsync(HttpMethod.Post, path, Json($$"""{ "{{field}}": {{value}} }"""))).ExpectInvalid(field));

    [Theory]
    [InlineData("chat/poll?wait=soon", "wait")]
    [InlineData("chat/poll?wait=0", "wait")]
    [InlineData("chat/poll?wait=26", "wait")]
    [InlineData("chat/poll?limit=501", "limit")]
    [InlineData("chat/poll?limit=99999999999999999999", "limit")]
    [InlineData("chat/history?limit=0", "limit")]
    [InlineData("chat/history?limit=%F0%9F%8C%BB", "limit")]
    [InlineData("chat/history?event=maybe", "event")]
    public async Task A_query_of_the_wrong_type_is_named(string path, string field) =>
        Discreet((await (await VisitorAsync()).GetAsync(path)).ExpectInvalid(field));

    /// <summary>Fails where an answer tells anything of the inside.</summary>
    internal static Answer Discreet(Answer answer)
    {
        var told = answer.Body?.ToJsonString() + string.Join('\n', answer.Headers.SelectMany(header => header, (header, value) => $"{header.Key}: {value}"));
        foreach (var word in (string[])["System.", "Microsoft.", "StackExchange", "FastEndpoints", "Intotes.", "Exception", "   at ", ".cs:", "redis", "127.0.0.1", "localhost", "chat:{", "{s:", "{q:", "Kestrel"])
        {
            Assert.DoesNotContain(word, told, StringComparison.OrdinalIgnoreCase);
        }

        return answer;
    }

    private async Task<ChatClient[]> CallersAsync() => [ChatClient.Anonymous(nodes), await VisitorAsync(), ChatClient.Operator(nodes)];

    private async Task<ChatClient> VisitorAsync()
    {
        var visitor = ChatClient.Anonymous(nodes);
        (await visitor.OpenAsync()).Expect(HttpStatusCode.Created);
        return visitor;
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    /// <summary>Content of unknown length, which is sent in chunks.</summary>
    private sealed class Unannounced(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
