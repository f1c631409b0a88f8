using System.Net;
using System.Text.Json;

namespace DemoPlatform;

public sealed record ChatSession(string SessionId, string Status, string? Token = null);

public sealed record QueuePlace(int Position, int Waiting, double? EstimatedWaitSeconds);

public sealed record CallPlaced(string SessionId, string Status, QueuePlace? Queue);

public sealed record WaitingCall(string SessionId, int Position);

public sealed record WaitingCalls(WaitingCall[] Calls);

public sealed record ChatMessage(string Id, string Sender, string Text, string? Event);

public sealed record ChatPage(ChatMessage[] Messages, string Cursor, string Status);

/// <summary>
/// The chat's HTTP API as one caller sees it. Any answer but the expected one ends the demo with a sentence that names the call.
/// </summary>
public sealed class ChatApi(HttpClient http, string caller)
{
    /// <summary>Missing or unexpectedly null fields are errors, so that an answer is checked by reading it.</summary>
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Accounts and operators send their JWT, anonymous visitors their session token.</summary>
    public (string Header, string Value)? Credential { get; set; }

    public static HttpClient Connect(Uri chat)
    {
        // A developer's proxy must not come between this program and a service on the same machine.
        var handler = new SocketsHttpHandler { UseCookies = false, UseProxy = !chat.IsLoopback };
        return new HttpClient(handler) { BaseAddress = new Uri($"{chat.ToString().TrimEnd('/')}/"), Timeout = TimeSpan.FromSeconds(30) };
    }

    public Task<T> GetAsync<T>(string path) => SendAsync<T>(HttpMethod.Get, path, null, HttpStatusCode.OK);

    public Task<T> PostAsync<T>(string path, object? body, HttpStatusCode expected) => SendAsync<T>(HttpMethod.Post, path, body, expected);

    /// <summary>Creates or finds the caller's session, and says which.</summary>
    public async Task<(ChatSession Session, bool Created)> OpenSessionAsync()
    {
        using var response = await CallAsync(HttpMethod.Post, "chat/session", new { }, HttpStatusCode.Created, HttpStatusCode.OK);
        return (await ReadAsync<ChatSession>(response, "POST chat/session"), response.StatusCode == HttpStatusCode.Created);
    }

    /// <summary>Succeeds when the chat refuses with exactly this code.</summary>
    public async Task ExpectRefusalAsync(string path, object body, HttpStatusCode expected, string code)
    {
        using var response = await CallAsync(HttpMethod.Post, path, body, expected);
        if (await ProblemCodeAsync(response) is var given && given != code)
            throw new DemoException($"{caller}: POST {path} was refused with the code '{given}' where '{code}' was expected.");
    }

    private async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, HttpStatusCode expected)
    {
        using var response = await CallAsync(method, path, body, expected);
        return await ReadAsync<T>(response, $"{method} {path}");
    }

    private async Task<HttpResponseMessage> CallAsync(HttpMethod method, string path, object? body, params HttpStatusCode[] expected)
    {
        using var request = new HttpRequestMessage(method, $"api/v1/{path}");
        if (body is not null)
            request.Content = JsonContent.Create(body, options: Strict);
        if (Credential is { } credential)
            request.Headers.TryAddWithoutValidation(credential.Header, credential.Value);

        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            throw new DemoException($"The chat service did not answer {method} {path} at {http.BaseAddress}: {e.Message}");
        }
        if (expected.Contains(response.StatusCode))
            return response;

        using (response)
        {
            var code = await ProblemCodeAsync(response);
            throw new DemoException(
                $"{caller}: {method} {path} answered {(int)response.StatusCode} {code} where {string.Join(" or ", expected.Select(status => (int)status))} was expected.");
        }
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, string call)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(Strict) ?? throw new JsonException("the body is null");
        }
        catch (JsonException e)
        {
            throw new DemoException($"{caller}: the answer to {call} is not what the API describes: {e.Message}");
        }
    }

    private static async Task<string> ProblemCodeAsync(HttpResponseMessage response)
    {
        try
        {
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
            return problem.GetProperty("code").GetString() ?? "(no code)";
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return "(no code)";
        }
    }
}
