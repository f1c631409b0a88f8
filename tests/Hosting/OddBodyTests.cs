using System.Net;
using System.Text;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Bodies that say what they are in a way that somebody else could take differently.</summary>
public sealed class OddBodyTests(ChatNodes nodes)
{
    private Browser Browser => new(nodes.Addresses[0]);

    [Theory]
    [InlineData("text/plain")]
    [InlineData("text/plain; charset=application/json")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task A_form_with_the_cookie_and_no_origin_is_refused_wherever_it_goes_with_or_without_a_body(string type)
    {
        var token = await Browser.OpenAsync();
        await SayAsync(token, """{"text":"Mine"}""");
        foreach (var call in (string[])
        [
            "POST chat/session", "POST chat/message", "POST chat/session/call-operator", "POST chat/typing", "POST chat/read", "POST chat/session/rating",
            "POST chat/session/close", "DELETE chat/session", "POST operator/calls/claim", "POST accounts/erase",
        ])
        {
            foreach (var text in (string[])["", """{"text":"forged","typing":true,"upTo":"1-0","score":1,"name":"Mallory"}"""])
            {
                using var body = Body(text, type);
                (await Browser.SendAsync(call, body, Browser.Cookie(token))).ExpectProblem(415, "unsupported_media_type");
            }
        }

        Assert.Equal(["Mine"], await TextsAsync(token));
        var session = (await Browser.SendAsync("POST chat/session", ("X-Chat-Session", token))).Expect(HttpStatusCode.OK);
        Assert.Equal(("open", null), ((string?)session["status"], (string?)session["visitor"]!["name"]));
    }

    [Fact]
    public async Task A_client_with_a_credential_in_a_header_may_send_any_body_where_none_is_taken()
    {
        var token = await Browser.OpenAsync();
        using var body = Body("", "text/plain");

        (await Browser.SendAsync("POST chat/session/close", body, ("X-Chat-Session", token))).Expect(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("chat/message", """{"text":"first","text":"second"}""")]
    [InlineData("chat/message", """{"text":"same","text":"same"}""")]
    [InlineData("chat/message", """{"text":"first","Text":"second"}""")]
    [InlineData("chat/message", """{"text":"first","\u0074ext":"second"}""")]
    [InlineData("chat/message", """{"text":"first","clientMessageId":"a","clientMessageId":"b"}""")]
    [InlineData("chat/session", """{"name":"first","name":"second"}""")]
    [InlineData("chat/session/call-operator", """{"reason":"first","department":"support","department":"billing"}""")]
    public async Task A_name_that_is_there_twice_is_no_valid_request_and_nothing_of_it_is_stored(string path, string json)
    {
        var token = await Browser.OpenAsync();
        using var body = Body(json, "application/json");

        (await Browser.SendAsync("POST " + path, body, ("X-Chat-Session", token))).ExpectProblem(400, "invalid_request");

        Assert.Empty(await TextsAsync(token));
        var session = (await Browser.SendAsync("POST chat/session", ("X-Chat-Session", token))).Expect(HttpStatusCode.OK);
        Assert.Equal(("open", null), ((string?)session["status"], (string?)session["visitor"]!["name"]));
    }

    [Fact]
    public async Task A_new_session_of_two_names_is_not_made()
    {
        using var body = Body("""{"name":"first","name":"second"}""", "application/json");

        var refused = (await Browser.SendAsync("POST chat/session", body)).ExpectProblem(400, "invalid_request");

        Assert.Empty(refused.Headers["Set-Cookie"]);
    }

    private static ByteArrayContent Body(string text, string type)
    {
        var body = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        Assert.True(body.Headers.TryAddWithoutValidation("Content-Type", type));
        return body;
    }

    private async Task SayAsync(string token, string json)
    {
        using var body = Body(json, "application/json");
        (await Browser.SendAsync("POST chat/message", body, ("X-Chat-Session", token))).Expect(HttpStatusCode.Created);
    }

    private async Task<IEnumerable<string?>> TextsAsync(string token) =>
        (await Browser.SendAsync("GET chat/history", ("X-Chat-Session", token))).Expect(HttpStatusCode.OK)["messages"]!.AsArray().Select(message => (string?)message!["text"]);
}
