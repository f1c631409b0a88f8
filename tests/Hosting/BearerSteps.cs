using System.Net;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Calls with a bearer token as it is, however odd.</summary>
public static class BearerSteps
{
    private static readonly TimeSpan Quickly = TimeSpan.FromSeconds(5);

    /// <summary>Opens a session with this token.</summary>
    public static Task<Answer> OpenAsync(this ChatNodes nodes, string token) => ChatClient.Anonymous(nodes).SendAsync(
        HttpMethod.Post, "chat/session", null, request => Assert.True(request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token)));

    /// <summary>Asserts that the token is refused at once.</summary>
    public static async Task RefusesAsync(this ChatNodes nodes, string token)
    {
        var started = TimeProvider.System.GetTimestamp();
        (await nodes.OpenAsync(token)).ExpectProblem(401, "invalid_token");
        Assert.True(TimeProvider.System.GetElapsedTime(started) < Quickly, "The refusal took too long.");
    }

    /// <summary>Asserts that the token is taken, and that what came before it under the same name began nothing.</summary>
    public static async Task TakesAsync(this ChatNodes nodes, string token) =>
        Assert.Equal("account", (string?)(await nodes.OpenAsync(token)).Expect(HttpStatusCode.Created)["visitor"]!["kind"]);
}
