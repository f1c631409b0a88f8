using System.Net;
using System.Text;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>What can mean one thing only is taken, in whatever form it comes.</summary>
public sealed class LenientRequestTests(ChatNodes nodes)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Browser Browser => new(nodes.Addresses[0]);

    [Theory]
    [InlineData("text/plain")]
    [InlineData("text/plain;charset=UTF-8")]
    [InlineData("application/octet-stream")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/json; charset=latin1")]
    [InlineData("application/xml")]
    [InlineData("nonsense")]
    [InlineData("caf\u00e9")]
    public async Task An_empty_body_counts_as_none_whatever_its_type(string type)
    {
        var token = await Browser.OpenAsync();
        foreach (var framing in (string[])["Content-Length: 0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"])
        {
            foreach (var path in (string[])["chat/session", "chat/session/call-operator"])
            {
                Assert.Equal(200, await SendAsync($"POST /api/v1/{path}", $"X-Chat-Session: {token}\r\nContent-Type: {type}\r\n{framing}"));
            }

            Assert.Equal(201, await SendAsync("POST /api/v1/chat/session", $"Content-Type: {type}\r\n{framing}"));
            Assert.Equal(201, await SendAsync("POST /api/v1/chat/session", $"Content-Encoding: gzip\r\nContent-Type: {type}\r\n{framing}"));
            // Where a body is needed, what is missing in it is named.
            Assert.Equal(400, await SendAsync("POST /api/v1/chat/message", $"X-Chat-Session: {token}\r\nContent-Type: {type}\r\n{framing}"));
        }

        Assert.Equal(415, await SendAsync("POST /api/v1/chat/session", $"Content-Type: {(type.StartsWith("application/json", StringComparison.Ordinal) ? "text/plain" : type)}\r\nContent-Length: 2\r\n\r\n{{}}"));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json;charset=utf-8")]
    [InlineData("application/json; charset=utf8")]
    [InlineData("application/json; charset=UTF8")]
    [InlineData("application/json; charset=Utf-8")]
    [InlineData("application/json; charset=\"utf8\"")]
    [InlineData("Application/JSON; Charset=us-ascii")]
    public async Task Every_name_of_utf_8_is_taken(string type) =>
        Assert.Equal("Ann", (string?)(await OpenAsync("""{"name":"Ann"}""", type)).Expect(HttpStatusCode.Created)["visitor"]!["name"]);

    [Theory]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=iso-8859-1")]
    [InlineData("application/json; charset=utf7")]
    public async Task Another_charset_is_not(string type) => (await OpenAsync("{}", type)).ExpectProblem(415, "unsupported_media_type");

    [Theory]
    [InlineData("5", 204)]
    [InlineData("5.0", 204)]
    [InlineData("5.000", 204)]
    [InlineData("5e0", 204)]
    [InlineData("50E-1", 204)]
    [InlineData("0.5e1", 204)]
    [InlineData("5.5", 400)]
    [InlineData("6.0", 400)]
    [InlineData("1e400", 400)]
    [InlineData("5e-400", 400)]
    [InlineData("4294967301", 400)]
    [InlineData("\"5\"", 400)]
    [InlineData("true", 400)]
    public async Task A_whole_number_is_one_however_it_is_written(string score, int status)
    {
        var token = await Browser.OpenAsync();
        var visitor = new ChatClient(nodes) { SessionToken = token };
        var dana = ChatClient.Operator(nodes);
        var session = (string)(await visitor.CallOperatorAsync())["sessionId"]!;
        (await dana.PostAsync("operator/calls/claim", new { sessionId = session })).Expect(HttpStatusCode.OK);
        (await dana.SayAsync("Hello", sessionId: session)).Expect(HttpStatusCode.Created);
        (await visitor.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        using var body = new StringContent($"{{\"score\":{score}}}", Encoding.UTF8, "application/json");

        var rated = await Browser.SendAsync("POST chat/session/rating", body, ("X-Chat-Session", token));

        Assert.Equal(status, (int)rated.Status);
        if (status == 400)
        {
            rated.ExpectInvalid("score");
        }
    }

    [Theory]
    [InlineData("1", 200)]
    [InlineData("1.0", 200)]
    [InlineData("001", 200)]
    [InlineData("1e0", 200)]
    [InlineData("10E-1", 200)]
    [InlineData("15e-1", 400)]
    [InlineData("1.5", 400)]
    [InlineData("1e10", 400)]
    [InlineData("1e99999999999", 400)]
    [InlineData("1e", 400)]
    [InlineData("x", 400)]
    [InlineData("99999999999", 400)]
    public async Task So_in_a_query(string limit, int status)
    {
        var token = await Browser.OpenAsync();
        foreach (var path in (string[])["chat/history?limit=", "chat/poll?after=0-0&limit=", "chat/poll?after=0-0&wait=", "chat/events?after=0-0&wait="])
        {
            if (path.Contains("events", StringComparison.Ordinal) && status == 200)
            {
                continue; // it would last a second
            }

            Assert.Equal(status, (int)(await Browser.SendAsync($"GET {path}{limit}", ("X-Chat-Session", token))).Status);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("identity, gzip")]
    [InlineData("x-unknown")]
    [InlineData("caf\u00e9")]
    public async Task A_content_encoding_that_is_not_taken_is_415_and_says_which_is(string encoding)
    {
        var token = await Browser.OpenAsync();
        foreach (var path in (string[])["chat/session", "chat/message", "chat/typing"])
        {
            var refused = await HeadOfAsync($"POST /api/v1/{path}", $"X-Chat-Session: {token}\r\nContent-Type: application/json\r\nContent-Encoding: {encoding}\r\nContent-Length: 2\r\n\r\n{{}}");
            Assert.Equal(415, refused.Status);
            Assert.Contains("\r\nAccept-Encoding: identity", refused.Head, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Equal(201, await SendAsync("POST /api/v1/chat/session", "Content-Type: application/json\r\nContent-Encoding: Identity\r\nContent-Length: 2\r\n\r\n{}"));
    }

    [Fact]
    public async Task Head_is_answered_wherever_get_is_with_the_same_status_and_no_body()
    {
        var document = (await Browser.SendAsync("GET /openapi/v1.json"))["paths"]!.AsObject();
        var token = await Browser.OpenAsync();
        var dana = $"Authorization: Bearer {Jwt.Issue(ChatClient.NewId("operator"), "Dana", "supervisor")}\r\n";
        var paths = document.Where(path => path.Value!["get"] is not null).Select(path => path.Key).Concat(["/openapi/v1.json", "/widget.js", "/operator", "/docs/", "/nothing", "/api/v1/nothing"]).ToList();
        Assert.True(paths.Count > 15, "The addresses were not found.");
        foreach (var path in paths.Where(path => path != "/health/ready"))
        {
            var address = path.Replace("{sessionId}", token[..22], StringComparison.Ordinal).Replace("{shortcut}", "none", StringComparison.Ordinal);
            var who = path.Contains("/operator/", StringComparison.Ordinal) ? dana : $"X-Chat-Session: {token}\r\n";
            var get = path.EndsWith("/events", StringComparison.Ordinal) ? 200 : (await HeadOfAsync($"GET {address}", who + "\r\n")).Status;

            // A second request on the same connection: a body, of whatever length, would be taken for its answer.
            using var connection = await RawConnection.OpenAsync(nodes.Addresses[0], Ct);
            await connection.SendAsync($"HEAD {address} HTTP/1.1\r\nHost: chat\r\n{who}\r\n", Ct);
            Assert.Equal((path, get), (path, (await connection.ReadAsync(isHead: true, Ct)).Status));
            Assert.True(await connection.IsServedAsync(Ct), $"HEAD {path} has a body.");
        }
    }

    [Fact]
    public async Task Head_takes_no_message_from_a_later_poll_and_does_not_wait()
    {
        var visitor = ChatClient.Anonymous(nodes);
        await visitor.OpenAsync();
        (await visitor.SayAsync("Hello")).Expect(HttpStatusCode.Created);
        var who = $"X-Chat-Session: {visitor.SessionToken}\r\n\r\n";
        var started = TimeProvider.System.GetTimestamp();

        foreach (var path in (string[])["chat/poll", "chat/poll?wait=25", "chat/events", "chat/events?wait=3600"])
        {
            using var connection = await RawConnection.OpenAsync(nodes.Addresses[0], Ct);
            await connection.SendAsync($"HEAD /api/v1/{path} HTTP/1.1\r\nHost: chat\r\n{who}", Ct);
            Assert.Equal(200, (await connection.ReadAsync(isHead: true, Ct)).Status);
            Assert.True(await connection.IsServedAsync(Ct));
        }

        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "It has waited.");
        Assert.Equal("Hello", (string?)Assert.Single((await visitor.GetAsync("chat/poll"))["messages"]!.AsArray())!["text"]);
    }

    [Fact]
    public async Task What_only_takes_other_methods_is_405_for_head_and_what_takes_get_names_head_too()
    {
        Assert.Equal(405, (await HeadOfAsync("HEAD /api/v1/chat/message", "\r\n", isHead: true)).Status);
        Assert.Contains("\r\nAllow: GET, HEAD", (await HeadOfAsync("POST /api/v1/chat/poll", "Content-Length: 0\r\n\r\n")).Head, StringComparison.OrdinalIgnoreCase);
    }

    private async Task<Answer> OpenAsync(string json, string type)
    {
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        Assert.True(body.Headers.TryAddWithoutValidation("Content-Type", type));
        return await Browser.SendAsync("POST chat/session", body);
    }

    private async Task<int> SendAsync(string call, string rest) => (await HeadOfAsync(call, rest)).Status;

    private async Task<RawAnswer> HeadOfAsync(string call, string rest, bool isHead = false)
    {
        using var connection = await RawConnection.OpenAsync(nodes.Addresses[0], Ct);
        await connection.SendAsync(Encoding.Latin1.GetBytes($"{call} HTTP/1.1\r\nHost: chat\r\n{rest}"), Ct);
        return await connection.ReadAsync(isHead, Ct);
    }
}
