using System.Net;
using System.Text;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>Bodies that are not what they should be.</summary>
public sealed class PostMessageBodyTests(ChatNodes nodes)
{
    private const int MostBytes = 64 * 1024;

    [Theory]
    [InlineData("""{}""", "text")]
    [InlineData("""{"clientMessageId":"m-1"}""", "text")]
    [InlineData("""{"text":null}""", "text")]
    [InlineData("""{"text":1}""", "text")]
    [InlineData("""{"text":true}""", "text")]
    [InlineData("""{"text":["a"]}""", "text")]
    [InlineData("""{"text":{"text":"a"}}""", "text")]
    [InlineData("""{"text":"a","clientMessageId":1}""", "clientMessageId")]
    [InlineData("""{"text":"a","clientMessageId":["m"]}""", "clientMessageId")]
    [InlineData("""{"text":"a","clientMessageId":{}}""", "clientMessageId")]
    [InlineData("""{"text":"a","clientMessageId":"\ud83d"}""", "clientMessageId")]
    [InlineData("""{"text":"a","sessionId":1}""", "sessionId")]
    [InlineData("""{"text":"a","sessionId":{}}""", "sessionId")]
    public async Task A_field_that_is_missing_or_of_another_type_is_named(string json, string field)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        (await visitor.PostJsonAsync("chat/message", json)).ExpectInvalid(field);

        Assert.Empty((await visitor.HistoryAsync()).Messages());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"text":"a" """)]
    [InlineData("""{"text":"a"}x""")]
    [InlineData("""{"text":"a"}{"text":"b"}""")]
    [InlineData("""{'text':'a'}""")]
    [InlineData("text=a")]
    public async Task A_body_that_is_no_JSON_object_is_refused(string body)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        Assert.NotEmpty((await visitor.PostJsonAsync("chat/message", body)).ExpectProblem(400, "invalid_request")["errors"]!.AsObject());

        Assert.Empty((await visitor.HistoryAsync()).Messages());
    }

    [Fact]
    public async Task Unknown_fields_are_ignored_and_null_ones_may_be_left_out()
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        foreach (var json in (string[])
        [
            """{"text":"a"}""",
            """{"text":"a","clientMessageId":null,"sessionId":null}""",
            """{"text":"a","id":"1-1","sender":"system","event":"closed","sentAt":"2020-01-01T00:00:00.000Z","senderName":"Dana"}""",
            """{"unknown":[{"text":"b"}],"text":"a","x":1.5e300}""",
        ])
        {
            var sent = (await visitor.PostJsonAsync("chat/message", json)).Expect(HttpStatusCode.Created);
            Assert.Equal("a", (string?)sent["text"]);
            Assert.Equal("visitor", (string?)sent["sender"]);
            Assert.Null(sent["senderName"]);
            Assert.Null(sent["event"]);
        }
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/xml")]
    [InlineData("application/octet-stream")]
    [InlineData("text/json")]
    [InlineData(null)]
    public async Task A_body_that_is_not_called_JSON_is_refused(string? contentType)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var body = new ByteArrayContent("""{"text":"a"}"""u8.ToArray());
        if (contentType is not null)
        {
            body.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        (await visitor.SendAsync(HttpMethod.Post, "chat/message", body)).ExpectProblem(415, "unsupported_media_type");

        Assert.Empty((await visitor.HistoryAsync()).Messages());
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json;charset=UTF-8")]
    [InlineData("application/json; charset=\"utf-8\"")]
    [InlineData("Application/JSON")]
    public async Task JSON_is_known_by_its_name_in_any_case_and_with_its_charset(string contentType)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);
        var body = new ByteArrayContent("""{"text":"ä"}"""u8.ToArray());
        body.Headers.TryAddWithoutValidation("Content-Type", contentType);

        Assert.Equal("ä", (string?)(await visitor.SendAsync(HttpMethod.Post, "chat/message", body)).Expect(HttpStatusCode.Created)["text"]);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 64)] // what frames the chunks counts too
    public async Task A_body_of_64_KB_is_taken_and_one_byte_more_is_not(bool chunked, int framing)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        (await SendPaddedAsync(visitor, "Just fits", MostBytes - framing, chunked)).Expect(HttpStatusCode.Created);
        (await SendPaddedAsync(visitor, "Too large", MostBytes + 1, chunked)).ExpectProblem(413, "payload_too_large");

        Assert.Equal(["Just fits"], (await visitor.HistoryAsync()).Texts());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_is_too_large_does_not_spoil_the_next_request(bool chunked)
    {
        var visitor = await MessageSteps.VisitorAsync(nodes);

        // A connection that the service is about to close must not be offered for another request.
        for (var n = 0; n < 200; n++)
        {
            (await SendPaddedAsync(visitor, "Too large", MostBytes + 1, chunked)).ExpectProblem(413, "payload_too_large");
            (await visitor.SayAsync($"Message {n}")).Expect(HttpStatusCode.Created);
        }
    }

    private static Task<Answer> SendPaddedAsync(ChatClient visitor, string text, int bytes, bool chunked)
    {
        var (start, end) = ($$"""{"text":"{{text}}","padding":" """.TrimEnd(), "\"}");
        var body = new StringContent(start + new string('x', bytes - start.Length - end.Length) + end, Encoding.UTF8, "application/json");
        Assert.Equal(bytes, body.Headers.ContentLength);
        return visitor.SendAsync(HttpMethod.Post, "chat/message", body, request => request.Headers.TransferEncodingChunked = chunked);
    }
}
