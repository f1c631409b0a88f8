using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;


namespace Intotes.Chat.Tests;

/// <summary>An answer of the API.</summary>
/// <param name="Headers">Those of the answer and of its content.</param>
/// <param name="Body">Null where there is none.</param>
public sealed record Answer(HttpStatusCode Status, ILookup<string, string> Headers, JsonNode? Body)
{
    /// <summary>The <c>code</c> of a problem.</summary>
    public string? Code => (string?)Body?["code"];

    /// <summary>A field of the body, by its name; fails where it is missing.</summary>
    public JsonNode? this[string field]
    {
        get
        {
            Assert.True(Body is JsonObject fields && fields.ContainsKey(field), $"{(int)Status} {Body?.ToJsonString()} has no field {field}");
            return Body![field];
        }
    }

    /// <summary>Asserts the status, showing the body where it differs.</summary>
    public Answer Expect(HttpStatusCode status)
    {
        Assert.True(Status == status, $"Expected {(int)status}, was {(int)Status}: {Body?.ToJsonString()}");
        return this;
    }

    /// <summary>Asserts a problem of the contract: its status, its code, and the form of RFC 9457.</summary>
    public Answer ExpectProblem(int status, string code)
    {
        Assert.True((int)Status == status && Code == code, $"Expected {status} {code}, was {(int)Status} {Body?.ToJsonString()}");
        Assert.Equal("application/problem+json", Headers["Content-Type"].Single());
        Assert.Equal(status, (int)this["status"]!);
        foreach (var field in (string[])["type", "title", "detail", "traceId"])
        {
            Assert.False(string.IsNullOrEmpty((string?)this[field]), $"{field} is empty");
        }

        return this;
    }

    /// <summary>Asserts <c>400 invalid_request</c> with a message for this field.</summary>
    public Answer ExpectInvalid(string field)
    {
        ExpectProblem(400, "invalid_request");
        Assert.NotEmpty(Assert.IsType<JsonArray>(this["errors"]![field]));
        return this;
    }
}

/// <summary>
/// One caller of the API, as its own program would call it: every request goes to the next node, with the caller's credential.
/// That no answer may be cached, and that the API description lists it, is checked on the way.
/// </summary>
public sealed class ChatClient(ChatNodes nodes)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false });

    private string? bearer;
    private string? sessionToken;

    /// <summary>An anonymous visitor without a session.</summary>
    public static ChatClient Anonymous(ChatNodes nodes) => new(nodes);

    /// <summary>A signed-in customer.</summary>
    public static ChatClient Account(ChatNodes nodes, string userId, string? name = null) => new(nodes) { bearer = Jwt.Issue(userId, name) };

    /// <summary>An operator, new unless named.</summary>
    public static ChatClient Operator(ChatNodes nodes, string? id = null, string name = "Dana", string role = "operator") =>
        new(nodes) { bearer = Jwt.Issue(id ?? NewId("operator"), name, role) };

    /// <summary>An id that no other test has.</summary>
    public static string NewId(string kind) => $"{kind}-{Guid.NewGuid():N}";

    public string? SessionToken { get => sessionToken; set => sessionToken = value; }

    public string? Bearer { get => bearer; set => bearer = value; }

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    /// <summary>Posts JSON, or nothing at all.</summary>
    public Task<Answer> PostAsync(string path, object? body = null) => SendAsync(HttpMethod.Post, path, body is null ? null : JsonContent.Create(body));

    /// <summary>Opens the caller's session and keeps its token.</summary>
    public async Task<Answer> OpenAsync(object? body = null)
    {
        var answer = await PostAsync("chat/session", body);
        if (answer.Status is HttpStatusCode.OK or HttpStatusCode.Created)
        {
            sessionToken = (string?)answer["token"];
        }

        return answer;
    }

    public Task<Answer> CallOperatorAsync(object? body = null) => PostAsync("chat/session/call-operator", body);

    public Task<Answer> SayAsync(string text, string? clientMessageId = null, string? sessionId = null) =>
        PostAsync("chat/message", new { text, clientMessageId, sessionId });

    public async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(nodes.NextAddress(), path.StartsWith('/') ? path : "/api/v1/" + path)) { Content = content };
        if (bearer is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        }

        if (sessionToken is not null)
        {
            request.Headers.Add("X-Chat-Session", sessionToken);
        }

        change?.Invoke(request);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var isJson = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true;
        Assert.True(response.Headers.CacheControl?.NoStore, $"{method} {path} may be cached");
        await ContractWatch.CheckAsync(response, text);
        return new Answer(
            response.StatusCode,
            response.Headers.Concat(response.Content.Headers).SelectMany(h => h.Value, (h, v) => (h.Key, v)).ToLookup(h => h.Key, h => h.v, StringComparer.OrdinalIgnoreCase),
            isJson ? JsonNode.Parse(text) : null);
    }
}
