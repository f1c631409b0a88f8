using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Hosting.Container;

/// <summary>What deploy/nginx.conf does with slow readers, half requests, foreign hosts and its own errors.</summary>
public sealed class DeployedNginxTests(ChatNodes nodes)
{
    private const string Origin = "https://www.example.com";
    private static readonly Uri[] Nobody = [new($"http://127.0.0.1:{RedisPort.Free()}"), new($"http://127.0.0.1:{RedisPort.Free()}")];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_passes_requests_to_a_node()
    {
        await using var nginx = await DeployedNginx.StartAsync([.. nodes.Addresses]);
        using var http = nginx.Client();

        using var answer = await http.PostAsync(new Uri("/api/v1/chat/session", UriKind.Relative), null, Ct);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    [Fact]
    public async Task An_answer_that_nobody_reads_is_not_collected_in_files()
    {
        using var node = new EndlessNode();
        await using var nginx = await DeployedNginx.StartAsync([node.Address]);
        using var http = nginx.Client();
        using var answer = await http.GetAsync(new Uri("/api/v1/chat/history", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Ct);

        var taken = await node.UntilItStandsStillAsync(Ct);

        Assert.Equal(0, nginx.BytesInFiles);
        Assert.True(taken < EndlessNode.Most, $"nginx and the sockets took {taken} bytes.");
    }

    [Fact]
    public async Task Where_no_node_answers_a_page_of_another_site_is_told_so_and_when_to_try_again()
    {
        await using var nginx = await DeployedNginx.StartAsync(Nobody);
        using var http = nginx.Client();

        await AssertProblemAsync(await SendAsync(http, HttpMethod.Get), 503, "service_unavailable", mustWait: true);
        using var preflight = await SendAsync(http, HttpMethod.Options);
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal(Origin, preflight.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("x-chat-session", preflight.Headers.GetValues("Access-Control-Allow-Headers").Single());
    }

    [Fact]
    public async Task Its_other_errors_are_problems_that_a_page_of_another_site_can_read()
    {
        await using var nginx = await DeployedNginx.StartAsync(
            [.. nodes.Addresses], text => text.Replace("limit_conn clients 1000", "limit_conn clients 1", StringComparison.Ordinal));
        using var http = nginx.Client();

        await AssertProblemAsync(await SendAsync(http, HttpMethod.Post, body: new string('x', 70_000)), 413, "payload_too_large");
        await AssertProblemAsync(await SendAsync(http, HttpMethod.Get, header: new string('x', 30_000)), 400, "invalid_request");

        // From a node, for what was refused may count until nginx has read to its end.
        var token = await new Browser(nodes.Addresses[0]).OpenAsync();
        var waiting = SendAsync(http, HttpMethod.Get, "chat/poll?after=0-0&wait=25", token: token);
        using var second = nginx.Client();
        HttpResponseMessage refused;
        while ((refused = await SendAsync(second, HttpMethod.Get)).StatusCode != HttpStatusCode.TooManyRequests)
        {
            if (waiting.IsCompleted)
            {
                // It came while the other client was being answered.
                refused = await waiting;
                break;
            }
        }

        await AssertProblemAsync(refused, 429, "rate_limited", mustWait: true);
    }

    /// <summary>A browser hides the answer to a request whose preflight failed: the widget would take it for a lost network.</summary>
    [Fact]
    public async Task Of_too_many_connections_a_preflight_succeeds_so_that_the_request_after_it_can_be_refused()
    {
        await using var nginx = await DeployedNginx.StartAsync(
            [.. nodes.Addresses], text => text.Replace("limit_conn clients 1000", "limit_conn clients 1", StringComparison.Ordinal));
        using var first = nginx.Client();
        using var second = nginx.Client();
        var token = await new Browser(nodes.Addresses[0]).OpenAsync();
        for (var isRefused = false; !isRefused;)
        {
            var waiting = SendAsync(first, HttpMethod.Get, "chat/poll?after=0-0&wait=25", token: token);
            while (!waiting.IsCompleted && !isRefused)
            {
                var preflight = await SendAsync(second, HttpMethod.Options);
                isRefused = preflight.Headers.RetryAfter is not null; // nginx's own, not the node's
                Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
                Assert.True(!isRefused || preflight.Headers.Contains("Access-Control-Allow-Headers"));
            }
        }
    }

    [Fact]
    public async Task Headers_that_never_end_end_the_connection()
    {
        await using var nginx = await DeployedNginx.StartAsync(Nobody, text => text.Replace("client_header_timeout 5s", "client_header_timeout 1s", StringComparison.Ordinal));
        await using var half = await nginx.ConnectAsync(DeployedNginx.Host, Ct);
        await half.WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {DeployedNginx.Host}\r\nX-Half: "), Ct);

        Assert.Equal("", await ReadToEndAsync(half));
    }

    [Fact]
    public async Task Only_the_host_of_the_certificate_is_served_and_redirected_to()
    {
        await using var nginx = await DeployedNginx.StartAsync([.. nodes.Addresses]);

        Assert.StartsWith($"HTTP/1.1 308", await AskPlainAsync(nginx, DeployedNginx.Host), StringComparison.Ordinal);
        Assert.Contains($"Location: https://{DeployedNginx.Host}/x", await AskPlainAsync(nginx, DeployedNginx.Host), StringComparison.Ordinal);
        Assert.Equal("", await AskPlainAsync(nginx, "evil.example"));
        await Assert.ThrowsAnyAsync<AuthenticationException>(() => nginx.ConnectAsync("evil.example", Ct));

        await using var stream = await nginx.ConnectAsync(DeployedNginx.Host, Ct);
        await stream.WriteAsync("GET /health/live HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"u8.ToArray(), Ct);
        Assert.StartsWith("HTTP/1.1 421", await ReadToEndAsync(stream), StringComparison.Ordinal);
    }

    private static async Task<string> AskPlainAsync(DeployedNginx nginx, string host)
    {
        await using var stream = await nginx.ConnectPlainAsync(Ct);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"), Ct);
        return await ReadToEndAsync(stream);
    }

    private static async Task<string> ReadToEndAsync(Stream stream)
    {
        try
        {
            using var reader = new StreamReader(stream, leaveOpen: true);
            return await reader.ReadToEndAsync(Ct).WaitAsync(TimeSpan.FromSeconds(60), Ct);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(
        HttpClient http, HttpMethod method, string path = "chat/availability", string? body = null, string? header = null, string? token = null)
    {
        using var request = new HttpRequestMessage(method, "/api/v1/" + path);
        request.Headers.Add("Origin", Origin);
        if (method == HttpMethod.Options)
        {
            request.Headers.Add("Access-Control-Request-Method", "POST");
            request.Headers.Add("Access-Control-Request-Headers", "x-chat-session");
        }

        if (header is not null || token is not null)
        {
            request.Headers.Add(token is null ? "X-Long" : "X-Chat-Session", header ?? token);
        }

        request.Content = body is null ? null : new StringContent(body, MediaTypeHeaderValue.Parse("application/json"));
        return await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, Ct);
    }

    private static async Task AssertProblemAsync(HttpResponseMessage answer, int status, string code, bool mustWait = false)
    {
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.Equal((status, "application/problem+json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal((status, code), ((int)JsonNode.Parse(text)!["status"]!, (string)JsonNode.Parse(text)!["code"]!));
        // The header of a request that could not be read is not known: any page may read the answer then.
        Assert.Contains(answer.Headers.GetValues("Access-Control-Allow-Origin").Single(), (string[])[Origin, "*"]);
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        Assert.Equal(mustWait, answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        answer.Dispose();
    }

    /// <summary>Answers one request with more than anybody takes, and counts what is taken.</summary>
    private sealed class EndlessNode : IDisposable
    {
        /// <summary>Bytes of the answer.</summary>
        public const long Most = 64 * 1024 * 1024;

        private static readonly TimeSpan Still = TimeSpan.FromSeconds(1);
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private long taken;

        public EndlessNode()
        {
            listener.Start();
            _ = ServeAsync();
        }

        public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

        /// <summary>The bytes that were taken, once no more are for a while.</summary>
        public async Task<long> UntilItStandsStillAsync(CancellationToken ct)
        {
            for (var before = -1L; before != Interlocked.Read(ref taken) || before == 0;)
            {
                before = Interlocked.Read(ref taken);
                await Task.Delay(Still, ct);
            }

            return Interlocked.Read(ref taken);
        }

        public void Dispose() => listener.Dispose();

        private async Task ServeAsync()
        {
            using var client = await listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            var buffer = new byte[64 * 1024];
            _ = await stream.ReadAsync(buffer);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Most}\r\n\r\n"));
            while (taken < Most)
            {
                await stream.WriteAsync(buffer);
                Interlocked.Add(ref taken, buffer.Length);
            }
        }
    }
}
