using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Requests to one node with whatever headers a test wants, as browsers and proxies send them. What is answered to plain http is held against the contract.</summary>
public sealed class Browser(Uri node)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        SslOptions = { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == HttpsNode.Subject },
    });

    public Uri Node => node;

    /// <summary>The origin of pages that the node itself serves.</summary>
    public string Origin => node.GetLeftPart(UriPartial.Authority);

    /// <summary>The name of the cookie here.</summary>
    public string CookieName => node.Scheme == "https" ? "__Host-chat_session" : "chat_session";

    /// <summary>Opens an anonymous session as a program that is no browser: its token.</summary>
    public async Task<string> OpenAsync() => (string)(await SendAsync("POST chat/session")).Expect(HttpStatusCode.Created)["token"]!;

    /// <summary>The cookie header that a browser with this token sends.</summary>
    public (string Name, string Value) Cookie(string token) => ("Cookie", $"theme=dark; {CookieName}={token}");

    public static HttpContent Json(object body) => JsonContent.Create(body);

    /// <param name="call">Method and path, such as <c>POST chat/session</c>.</param>
    /// <param name="headers">Sent as they are.</param>
    public Task<Answer> SendAsync(string call, params (string Name, string Value)[] headers) => SendAsync(call, null, headers);

    /// <param name="call">Method and path, such as <c>POST chat/session</c>.</param>
    /// <param name="content">The body.</param>
    /// <param name="headers">Sent as they are.</param>
    public async Task<Answer> SendAsync(string call, HttpContent? content, params (string Name, string Value)[] headers)
    {
        var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(node, path.StartsWith('/') ? path : "/api/v1/" + path)) { Content = content };
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value), name);
        }

        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        if (node.Scheme == "http")
        {
            await ContractWatch.CheckAsync(response, text);
        }

        var isJson = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true && text.Length > 0;
        return new Answer(
            response.StatusCode,
            response.Headers.Concat(response.Content.Headers).SelectMany(h => h.Value, (h, v) => (h.Key, v)).ToLookup(h => h.Key, h => h.v, StringComparer.OrdinalIgnoreCase),
            isJson ? JsonNode.Parse(text) : null);
    }

    /// <summary>Sends the lines of a request to the letter, which HttpClient would put right, and returns the head of the answer.</summary>
    public async Task<string> SendLinesAsync(params string[] lines)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(node.Host, node.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(string.Join("\r\n", [.. lines, "Connection: close", "", ""])), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).Split("\r\n\r\n")[0];
    }
}
