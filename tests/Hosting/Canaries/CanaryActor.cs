using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Hosting.Canaries;

/// <summary>Somebody whose credential and whose every claim is a canary.</summary>
public sealed class CanaryActor(CanaryNodes nodes, CanaryCage cage)
{
    private string? bearer;

    /// <summary>The session token.</summary>
    public string Token { get; private set; } = "";

    public string UserId { get; private set; } = "";

    /// <summary>Gets a bearer token.</summary>
    public void SignIn(string who, CanaryKind kind, string? role = null)
    {
        UserId = Claim($"sub of a {who}");
        var jwt = new HandmadeJwt(nodes.SigningKey, UserId) { Claims = { ["name"] = Claim($"name of a {who}"), ["email"] = Claim($"email claim of a {who}") } };
        if (role is not null)
        {
            jwt.Claims["role"] = role;
        }

        bearer = cage.Credential($"bearer token of a {who}", jwt.WithSignature());
        string Claim(string what) => kind == CanaryKind.Personal ? cage.Personal(what) : cage.Staff(what);
    }

    /// <summary>Opens a session and returns its id.</summary>
    /// <param name="details">What the visitor says about itself.</param>
    /// <param name="what">What its token is going to be.</param>
    public async Task<string> OpenAsync(object? details, string what = "session token")
    {
        var session = await SendAsync(201, "POST chat/session", details);
        if ((string?)session!["token"] is { } token)
        {
            Token = cage.Credential(what, token);
        }

        return (string)session["sessionId"]!;
    }

    public Task<JsonNode?> SendAsync(int expected, string call, object? body, params IEnumerable<(string Name, string Value)> headers) =>
        nodes.SendAsync(expected, call, body, [.. headers, .. Credential]);

    private IEnumerable<(string, string)> Credential =>
        bearer is not null ? [("Authorization", "Bearer " + bearer)]
        : Token.Length > 0 ? [("X-Chat-Session", Token)]
        : [];
}
