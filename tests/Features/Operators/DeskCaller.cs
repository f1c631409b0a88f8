using System.Net;
using System.Net.Http.Json;

namespace Intotes.Chat.Tests.Features.Operators;

/// <summary>A caller of nodes of the test's choice. It keeps its session token.</summary>
/// <param name="caller">Its credential.</param>
/// <param name="nextAddress">The node to ask next.</param>
/// <param name="id">The operator's id.</param>
public sealed class DeskCaller(ChatClient caller, Func<Uri> nextAddress, string id = "")
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false });

    public string Id => id;

    public string? SessionToken { get => caller.SessionToken; set => caller.SessionToken = value; }

    public Task<Answer> GetAsync(string path, string? accept = null) => SendAsync(HttpMethod.Get, path, accept: accept);

    public Task<Answer> PostAsync(string path, object? body = null) => SendAsync(HttpMethod.Post, path, body);

    public Task<Answer> PutAsync(string path, object body) => SendAsync(HttpMethod.Put, path, body);

    public Task<Answer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    public async Task<Answer> OpenAsync(object? details = null)
    {
        var answer = await PostAsync("chat/session", details);
        if (answer.Status is HttpStatusCode.OK or HttpStatusCode.Created)
        {
            caller.SessionToken = (string?)answer["token"];
        }

        return answer;
    }

    /// <summary>The whole conversation as the visitor sees it, and how it stands.</summary>
    public Task<Answer> PollAsync(string query = "after=0-0&limit=500") => GetAsync($"chat/poll?{query}");

    public Task<Answer> SayAsync(string text, string? sessionId = null) => PostAsync("chat/message", new { text, sessionId });

    /// <summary>Says that the operator serves these departments.</summary>
    public Task<Answer> ServeAsync(params string[] departments) => PutAsync("operator/presence", new { departments });

    /// <summary>Takes the oldest call, or a wanted one.</summary>
    public Task<Answer> ClaimAsync(string? sessionId = null) => PostAsync("operator/calls/claim", sessionId is null ? null : new { sessionId });

    public Task<Answer> ReleaseAsync(string sessionId) => PostAsync($"operator/sessions/{sessionId}/release");

    public Task<Answer> TransferToAsync(string sessionId, string operatorId, string? note = null) =>
        PostAsync($"operator/sessions/{sessionId}/transfer", new { operatorId, note });

    public Task<Answer> TransferToDepartmentAsync(string sessionId, string department, string? note = null) =>
        PostAsync($"operator/sessions/{sessionId}/transfer", new { department, note });

    /// <summary>The ids of the sessions that the operator has.</summary>
    public async Task<IReadOnlyList<string>> MineAsync() => (await GetAsync("operator/sessions")).Ids("sessions");

    /// <summary>The ids of the waiting calls, oldest first.</summary>
    public async Task<IReadOnlyList<string>> CallsAsync() => (await GetAsync("operator/calls?limit=500")).Ids("calls");

    /// <summary>The visitor's transcript as plain text.</summary>
    public async Task<string> TranscriptAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(nextAddress(), "/api/v1/chat/session/transcript"));
        request.Headers.Add("Accept", "text/plain");
        request.Headers.Add(caller.Bearer is null ? "X-Chat-Session" : "Authorization", caller.Bearer is null ? caller.SessionToken : $"Bearer {caller.Bearer}");
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("text/plain", response.EnsureSuccessStatusCode().Content.Headers.ContentType?.MediaType);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    public Task<Answer> SendAsync(HttpMethod method, string path, object? body = null, string? accept = null) =>
        caller.SendAsync(method, path, body is null ? null : JsonContent.Create(body), request =>
        {
            request.RequestUri = new Uri(nextAddress(), request.RequestUri!.PathAndQuery);
            if (accept is not null)
            {
                request.Headers.Add("Accept", accept);
            }
        });
}

public static class DeskAnswers
{
    /// <summary>The session ids in a list of the answer.</summary>
    public static IReadOnlyList<string> Ids(this Answer answer, string list) =>
        [.. answer.Expect(HttpStatusCode.OK)[list]!.AsArray().Select(item => (string)item!["sessionId"]!)];
}
