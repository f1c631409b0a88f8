using System.Text;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Headers with bytes that are no ASCII, such as cookies that others set for the parent domain, and headers beyond every limit.</summary>
public sealed class OddHeaderTests(ChatNodes nodes) : IAsyncLifetime
{
    private const string Shop = "https://shop.example";

    private ChatNodes? own;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Uri Node => own!.Addresses[0];

    public async ValueTask InitializeAsync() => own = await ChatNodes.StartAsync(nodes.Redis.Configuration, 1, CrossOriginTests.Settings);

    public async ValueTask DisposeAsync() => await own!.DisposeAsync();

    public static TheoryData<string, string> Headers
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var header in (string[])
            [
                "Cookie", "User-Agent", "Referer", "Accept", "Accept-Language", "Accept-Encoding", "X-Anything", "traceparent", "tracestate", "baggage", "If-None-Match", "If-Modified-Since",
                "Range", "X-Forwarded-For", "X-Forwarded-Proto", "Access-Control-Request-Headers", "Origin", "Sec-Fetch-Site", "Via", "From", "Cache-Control",
            ])
            {
                data.Add(header, "\u00e9");
                data.Add(header, "theme=caf\u00e9; x=\u00ff\u0080");
                data.Add(header, "\u00c3\u00a9");
                data.Add(header, "x-a, \u0001x");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task Whatever_bytes_a_header_holds_every_address_is_served(string header, string value)
    {
        var token = await new Browser(Node).OpenAsync();
        foreach (var (call, credential, good) in new[]
        {
            ("GET /widget.js", "", 200), ("GET /operator", "", 200), ("GET /health/live", "", 200), ("GET /openapi/v1.json", "", 200), ("GET /api/v1/chat/availability", "", 200),
            ("GET /api/v1/chat/poll?after=0-0", $"X-Chat-Session: {token}\r\n", 200), ("GET /api/v1/chat/history", $"X-Chat-Session: {token}\r\n", 200),
            ("POST /api/v1/chat/typing", $"X-Chat-Session: {token}\r\nContent-Type: application/json\r\n", 204), ("OPTIONS /api/v1/chat/session", "", 0),
            ("OPTIONS /api/v1/chat/session", $"Origin: {Shop}\r\nAccess-Control-Request-Method: POST\r\n", 0), ("OPTIONS /widget.js", "", 0),
        })
        {
            var status = (await SendAsync(call, credential + $"{header}: {value}\r\n", call.StartsWith("POST", StringComparison.Ordinal) ? """{"typing":true}""" : "")).Status;

            // A page of nobody knows where may not post; a range or a date that makes no sense is passed over.
            Assert.True(good == 0 ? status < 500 : status == good || (header is "Origin" or "Sec-Fetch-Site" && good == 204 && status == 403), $"{call}: {status}");
        }
    }

    [Theory]
    [InlineData("X-Chat-Session: \u00e9", "chat/history", 401)]
    [InlineData("Cookie: chat_session=\u00e9", "chat/history", 404)]
    [InlineData("Authorization: Bearer \u00e9.\u00e9.\u00e9", "chat/history", 401)]
    [InlineData("Authorization: \u00e9", "chat/history", 404)]
    [InlineData("X-Api-Key: \u00e9", "operator/calls", 401)]
    [InlineData("Last-Event-ID: \u00e9", "chat/events?wait=1", 400)]
    public async Task A_credential_of_such_bytes_is_none(string header, string path, int status)
    {
        var token = header.StartsWith("Last", StringComparison.Ordinal) ? $"X-Chat-Session: {await new Browser(Node).OpenAsync()}\r\n" : "";

        Assert.Equal(status, (await SendAsync($"GET /api/v1/{path}", $"{token}{header}\r\n")).Status);
    }

    [Fact]
    public async Task Beside_the_cookies_of_a_parent_domain_ours_is_found()
    {
        var token = await new Browser(Node).OpenAsync();

        Assert.Equal(200, (await SendAsync("GET /api/v1/chat/history", $"Cookie: a=caf\u00e9; {new string('p', 20_000)}=1; chat_session={token}; b=\u00ff\r\n")).Status);
    }

    [Theory]
    [InlineData("X-Long: {70000}", 431)]
    [InlineData("no colon", 400)]
    [InlineData("X-Null: \0", 400)]
    [InlineData("Content-Length: x", 400)]
    [InlineData("Content-Length: 123456789012345678901234567890", 400)]
    [InlineData("Content-Length: \u00e9", 400)]
    [InlineData("Transfer-Encoding: gzip", 400)]
    public async Task What_the_server_refuses_by_itself_an_allowed_page_may_read(string header, int status)
    {
        var line = header.Replace("{70000}", new string('x', 70_000), StringComparison.Ordinal) + "\r\n";

        var allowed = await SendAsync("POST /api/v1/chat/session", $"Origin: {Shop}\r\n{line}");
        Assert.Equal(status, allowed.Status);
        Assert.Contains($"\r\nAccess-Control-Allow-Origin: {Shop}", allowed.Head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nAccess-Control-Allow-Credentials: true", allowed.Head, StringComparison.OrdinalIgnoreCase);

        var stranger = await SendAsync("POST /api/v1/chat/session", $"Origin: https://evil.example\r\n{line}");
        Assert.Equal(status, stranger.Status);
        Assert.DoesNotContain("Access-Control", stranger.Head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Access-Control", (await SendAsync("GET /api/v1/operator/calls", $"Origin: {Shop}\r\n{line}")).Head, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Where_the_refusal_comes_before_the_origin_any_page_may_read_the_bare_status()
    {
        var refused = await SendAsync("POST /api/v1/chat/session", $"X-Long: {new string('x', 70_000)}\r\nOrigin: {Shop}\r\n");

        Assert.Equal(431, refused.Status);
        Assert.Contains("\r\nAccess-Control-Allow-Origin: *", refused.Head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Credentials", refused.Head, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A client that does not speak HTTP is told so or hung up on, as often as it comes; the log, in which an error raises the alarm, says nothing.</summary>
    [Theory]
    [InlineData("GARBAGE\r\n\r\n")]
    [InlineData("GET / HTTP/9.9\r\nHost: x\r\n\r\n")]
    [InlineData("GET\r\n\r\n")]
    [InlineData("\0\0\0\0\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003")]
    public async Task What_is_no_request_ends_the_connection_and_is_no_error_of_the_service(string bytes)
    {
        using var connection = await RawConnection.OpenAsync(Node, Ct);
        await connection.SendAsync(Encoding.Latin1.GetBytes(bytes), Ct);
        connection.EndSending();

        var answer = await connection.ReadAsync(isHead: false, Ct);

        Assert.True(answer is { Status: 0 or 400 or 505, Ended: true }, $"{answer}");
        Assert.Equal(0, (await connection.ReadAsync(isHead: false, Ct)).Status);
        Assert.Equal(200, (await SendAsync("GET /health/live", "")).Status);
    }

    /// <summary>A request line that is too long is refused before its headers are read.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_address_that_is_too_long_is_414_which_any_page_may_read(bool isSecond)
    {
        using var connection = await RawConnection.OpenAsync(Node, Ct);
        if (isSecond)
        {
            Assert.True(await connection.IsServedAsync(Ct));
        }

        await connection.SendAsync($"GET /api/v1/chat/availability?{new string('a', 9_000)} HTTP/1.1\r\nHost: {Node.Authority}\r\nOrigin: {Shop}\r\n\r\n", Ct);
        var refused = await connection.ReadAsync(isHead: false, Ct);

        Assert.True(refused is { Status: 414, Ended: true }, $"{refused}");
        Assert.Contains("\r\nAccess-Control-Allow-Origin: *", refused.Head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Credentials", refused.Head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nCache-Control: no-store", refused.Head, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, (await connection.ReadAsync(isHead: false, Ct)).Status);
    }

    [Theory]
    [InlineData("Content-Length: 200000", "")]
    [InlineData("Transfer-Encoding: chunked", "chunked")]
    public async Task A_body_that_is_too_large_is_refused_in_words_that_an_allowed_page_may_read(string framing, string form)
    {
        var body = $"{{\"name\":\"{new string('x', 199_989)}\"}}";

        var refused = await SendAsync(
            "POST /api/v1/chat/session", $"Origin: {Shop}\r\nContent-Type: application/json\r\n{framing}\r\n", form.Length > 0 ? $"{body.Length:x}\r\n{body}\r\n0\r\n\r\n" : body, isFramed: true);

        Assert.Equal(413, refused.Status);
        Assert.Contains("\r\nContent-Type: application/problem+json", refused.Head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"\r\nAccess-Control-Allow-Origin: {Shop}", refused.Head, StringComparison.OrdinalIgnoreCase);
    }

    private async Task<RawAnswer> SendAsync(string call, string headers, string body = "", bool isFramed = false)
    {
        using var connection = await RawConnection.OpenAsync(Node, Ct);
        var length = isFramed || body.Length == 0 ? "" : $"Content-Length: {body.Length}\r\n";
        await connection.SendAsync(Encoding.Latin1.GetBytes($"{call} HTTP/1.1\r\nHost: {Node.Authority}\r\n{headers}{length}\r\n{body}"), Ct);
        return await connection.ReadAsync(isHead: false, Ct);
    }
}
