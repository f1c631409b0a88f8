using System.Net;
using Intotes.Chat.Tests.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Intotes.Chat.Tests.Hosting.AccessMatrix;

/// <summary>Someone who sends a request: the credential of a client, and what else the request carries.</summary>
/// <param name="Kind">The column, and which of its kinds.</param>
public sealed record AccessCaller(string Kind, ChatClient Client, Action<HttpRequestMessage>? Change = null);

/// <summary>
/// A Redis that holds nothing but an anonymous visitor's session and an account's, both in the same state, and a canned reply; and every kind
/// of caller there.
/// </summary>
public sealed class AccessScene
{
    public const string Shortcut = "greeting";

    private readonly AccessNodes own;
    private readonly string state;
    private readonly ChatClient visitor;
    private readonly ChatClient holder;
    private readonly ChatClient account;

    private AccessScene(AccessNodes own, string state)
    {
        (this.own, this.state) = (own, state);
        (visitor, holder) = (ChatClient.Anonymous(own.Nodes), ChatClient.Operator(own.Nodes));
        account = ChatClient.Account(own.Nodes, UserId, "Ann");
    }

    /// <summary>Whose session the calls name.</summary>
    public string UserId { get; } = ChatClient.NewId("user");

    /// <summary>The account's session.</summary>
    public string SessionId { get; private set; } = "";

    /// <summary>The anonymous visitor's session.</summary>
    public string VisitorSessionId { get; private set; } = "";

    public static async Task<AccessScene> SetAsync(AccessNodes own, string state)
    {
        await own.Redis.GetDatabase().EmptyAsync();
        var scene = new AccessScene(own, state);
        scene.VisitorSessionId = await scene.BringAsync(scene.visitor);
        scene.SessionId = await scene.BringAsync(scene.account);
        (await scene.holder.PostAsync("operator/canned-replies", new { shortcut = Shortcut, text = "Good day" })).Expect(HttpStatusCode.Created);
        return scene;
    }

    /// <summary>The callers of a column, each ready to call.</summary>
    public async Task<IReadOnlyList<AccessCaller>> CallersAsync(string column) => column switch
    {
        "none" => [new(column, Nobody)],
        "dead" => await DeadAsync(),
        "visitor" => [new(column, visitor)],
        "cookie" => [new(column, Nobody, Cookie(visitor.SessionToken!))],
        "account" => [new(column, account)],
        "stranger" => [new(column, await WithSessionAsync(Nobody))],
        "other" => [new(column, await WithSessionAsync(Account()))],
        "new" => await NewAsync(),
        "operator" => [new(column, ChatClient.Operator(own.Nodes))],
        "holder" => [new(column, holder)],
        "super" => [new(column, ChatClient.Operator(own.Nodes, role: "supervisor"))],
        "badjwt" => [.. BearerTokenTests.Faults.Select(fault => new AccessCaller($"{column}: {fault.Data}", visitor, Key(AccessNodes.PlatformKey) + Bad(fault.Data)))],
        "key" => [new(column, Nobody, Key(AccessNodes.PlatformKey))],
        "wrongkey" => [.. ((string[])["wrong", AccessNodes.PlatformKey + "x", AccessNodes.PlatformKey[1..]]).Select(key => new AccessCaller(column, Nobody, Key(key)))],
        "claims" => [new(column, await WithSessionAsync(ChatClient.Operator(own.Nodes, role: "platform")))],
        _ => throw new ArgumentOutOfRangeException(nameof(column), column, "There is no such caller."),
    };

    private ChatClient Nobody => ChatClient.Anonymous(own.Nodes);

    private ChatClient Account() => ChatClient.Account(own.Nodes, ChatClient.NewId("user"));

    /// <summary>A session in the state of the scene.</summary>
    private async Task<string> BringAsync(ChatClient client)
    {
        var id = (string)(await client.OpenAsync()).Expect(HttpStatusCode.Created)["sessionId"]!;
        if (state != "open")
        {
            (await client.CallOperatorAsync()).Expect(HttpStatusCode.OK);
            (await holder.PostAsync("operator/calls/claim", new { sessionId = id })).Expect(HttpStatusCode.OK);
        }

        if (state == "closed")
        {
            (await holder.SayAsync("Yours", sessionId: id)).Expect(HttpStatusCode.Created);
        }

        if (state is "waiting" or "closed")
        {
            (await holder.PostAsync($"operator/sessions/{id}/{(state == "waiting" ? "release" : "close")}")).Expect(HttpStatusCode.OK);
        }

        return id;
    }

    /// <summary>With a session of its own, in which something was said; where the scene is about closed ones an operator has answered, and it is closed.</summary>
    private async Task<ChatClient> WithSessionAsync(ChatClient client)
    {
        var id = (string)(await client.OpenAsync()).Expect(HttpStatusCode.Created)["sessionId"]!;
        (await client.SayAsync("Mine")).Expect(HttpStatusCode.Created);
        if (state == "closed")
        {
            (await client.CallOperatorAsync()).Expect(HttpStatusCode.OK);
            (await holder.PostAsync("operator/calls/claim", new { sessionId = id })).Expect(HttpStatusCode.OK);
            (await holder.SayAsync("Yours", sessionId: id)).Expect(HttpStatusCode.Created);
            (await client.PostAsync("chat/session/close")).Expect(HttpStatusCode.OK);
        }

        return client;
    }

    private async Task<IReadOnlyList<AccessCaller>> DeadAsync()
    {
        var expired = await WithSessionAsync(Nobody);
        await ExpireAsync(expired.SessionToken![..22]);
        var linked = await WithSessionAsync(Nobody);
        var linking = Account();
        linking.SessionToken = linked.SessionToken;
        (await linking.PostAsync("chat/session")).Expect(state == "closed" ? HttpStatusCode.Created : HttpStatusCode.OK);
        var erased = await WithSessionAsync(Nobody);
        (await erased.SendAsync(HttpMethod.Delete, "chat/session", null)).Expect(HttpStatusCode.NoContent);

        var (id, secret) = (VisitorSessionId, visitor.SessionToken![23..]);
        var dead = new List<(string How, string Token)>
        {
            ("expired", expired.SessionToken!), ("erased", erased.SessionToken!),
            ("another secret", $"{id}.{new string('A', 43)}"), ("the secret of another session", $"{SessionId}.{secret}"), ("the public id alone", id),
            ("the public id of an account's session", SessionId), ("the token in other letters", $"{id}.{Flipped(secret)}"), ("more behind it", visitor.SessionToken + "A"),
            ("two tokens", $"{visitor.SessionToken},{visitor.SessionToken}"), ("garbage", "garbage"), ("never issued", $"{new string('A', 22)}.{secret}"),
        };
        if (state != "closed")
        {
            // A closed conversation is not taken over: its token still reads it.
            dead.Add(("linked", linked.SessionToken!));
        }

        return [.. dead.Select(token => new AccessCaller($"dead: {token.How}", new ChatClient(own.Nodes) { SessionToken = token.Token })),
            new("dead: expired, as a cookie", Nobody, Cookie(expired.SessionToken!)),
            new("dead: garbage beside a good cookie", new ChatClient(own.Nodes) { SessionToken = "garbage" }, Cookie(visitor.SessionToken!))];
    }

    private async Task<IReadOnlyList<AccessCaller>> NewAsync()
    {
        var expired = Account();
        await ExpireAsync((string)(await expired.OpenAsync())["sessionId"]!);
        var erased = await WithSessionAsync(Account());
        (await erased.SendAsync(HttpMethod.Delete, "chat/session", null)).Expect(HttpStatusCode.NoContent);
        return [new("new: never had one", Account()), new("new: expired", expired), new("new: erased", erased)];
    }

    /// <summary>As when the lifetime of its keys has passed.</summary>
    private async Task ExpireAsync(string sessionId)
    {
        await foreach (var key in own.Redis.GetServers()[0].KeysAsync(pattern: $"chat:{{s:{sessionId}}}*"))
        {
            await own.Redis.GetDatabase().KeyDeleteAsync(key);
        }
    }

    private Action<HttpRequestMessage> Bad(string fault)
    {
        // Would it be believed, it could do anything. Where the claims are changed after signing, that is what changes.
        var role = fault == "claims changed after signing" ? "clerk" : "supervisor";
        var jwt = new HandmadeJwt(own.Nodes.Services.GetRequiredService<IConfiguration>()["Jwt:SigningKey"]!, UserId) { Claims = { ["role"] = role } };
        var header = jwt.Spoilt(fault);
        return request => request.Headers.TryAddWithoutValidation("Authorization", header);
    }

    private static Action<HttpRequestMessage> Cookie(string token) => request => request.Headers.Add("Cookie", $"chat_session={token}");

    private static Action<HttpRequestMessage> Key(string key) => request => request.Headers.Add("X-Api-Key", key);

    private static string Flipped(string text) => string.Concat(text.Select(c => char.IsLower(c) ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c)));
}
