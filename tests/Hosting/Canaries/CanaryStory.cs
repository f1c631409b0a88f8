using Intotes.Chat.Tests.Redis;
using Microsoft.AspNetCore.Http;

namespace Intotes.Chat.Tests.Hosting.Canaries;

/// <summary>
/// Everything that anybody can tell the service about a person is told, each thing with a canary: well and badly formed, while all is well,
/// while Redis or the platform is not, and at last all of it is erased.
/// </summary>
public sealed class CanaryStory : IAsyncLifetime
{
    private readonly CanaryCage cage = new();
    private readonly string platformKey, visitorName, messageText, profile;
    private readonly CanaryActor visitor, linking, account, second, dana;
    private string visitorSession = "", linkedSession = "", accountSession = "", secondSession = "";

    public CanaryStory()
    {
        (platformKey, visitorName, messageText, profile) =
            (cage.Credential("X-Api-Key"), cage.Personal("name"), cage.Personal("text"), cage.Personal("profile of the platform"));
        Nodes = new CanaryNodes(platformKey);
        (visitor, linking) = (new CanaryActor(Nodes, cage), new CanaryActor(Nodes, cage));
        (account, second) = (new CanaryActor(Nodes, cage), new CanaryActor(Nodes, cage));
        dana = new CanaryActor(Nodes, cage);
    }

    public CanaryNodes Nodes { get; }

    public IReadOnlyCollection<Canary> Canaries => cage.All;

    public IReadOnlyList<string> ErasedSessions => [visitorSession, linkedSession, accountSession, secondSession];

    /// <summary>What the operator saw of the visitor and of the customer.</summary>
    public string SeenByOperator { get; private set; } = "";

    /// <summary>What Redis held before anything was erased, and after all was.</summary>
    public string Before { get; private set; } = "";

    public string After { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await Nodes.StartAsync();
        cage.Credential("password for Redis", ServiceUser.Password);
        cage.Credential("key that signs bearer tokens", Nodes.SigningKey);
        account.SignIn("user", CanaryKind.Personal);
        second.SignIn("second user", CanaryKind.Personal);
        dana.SignIn("operator", CanaryKind.Staff, "operator");
        await VisitorsSpeakAsync();
        await CustomersSpeakAsync();
        await OperatorAnswersAsync();
        await new CanaryMistakes(Nodes, cage, visitor, account, dana, visitorSession).MakeAsync();
        await TroubleAsync();
        await EndAsync();
        Before = await Nodes.DumpAsync();
        await EraseAsync();
        After = await Nodes.DumpAsync();
        await Nodes.StopAsync();
    }

    public ValueTask DisposeAsync() => Nodes.DisposeAsync();

    private async Task VisitorsSpeakAsync()
    {
        visitorSession = await visitor.OpenAsync(new
        {
            name = visitorName, email = cage.Personal("email") + "@example.com", locale = cage.Personal("locale"),
            pageUrl = $"https://www.example.com/{cage.Personal("path of pageUrl")}?q={cage.Personal("query of pageUrl")}", department = "support",
        });
        await visitor.SendAsync(201, "POST chat/message", new { text = messageText, clientMessageId = cage.Personal("clientMessageId") });
        await visitor.SendAsync(200, "POST chat/session/call-operator", new { reason = cage.Personal("reason") });
        await Nodes.SendAsync(200, "GET chat/poll", null, ("Cookie", "chat_session=" + visitor.Token), ("Referer", "https://example.com/" + cage.Personal("Referer")));
        await visitor.SendAsync(204, "POST chat/typing", new { typing = true });
        linkedSession = await linking.OpenAsync(new { name = cage.Personal("name before signing in") });
        await linking.SendAsync(201, "POST chat/message", new { text = cage.Personal("text before signing in") });
        await Nodes.DumpAsync();
    }

    private async Task CustomersSpeakAsync()
    {
        accountSession = await account.OpenAsync(new { email = cage.Personal("email of an account") + "@example.com" });
        await account.SendAsync(201, "POST chat/message", new { text = cage.Personal("text of an account") });
        await account.SendAsync(200, "POST chat/session/call-operator", new { reason = cage.Personal("reason of an account") });
        // Already having a session, it gets the other one among its earlier ones.
        await account.SendAsync(200, "POST chat/session", null, ("X-Chat-Session", linking.Token));
        await linking.SendAsync(401, "GET chat/history", null);
        secondSession = await second.OpenAsync(new { name = cage.Personal("name that the token overrules") });
        await second.SendAsync(200, "POST chat/session/call-operator", new { department = "billing" });
        await Nodes.DumpAsync();
    }

    private async Task OperatorAnswersAsync()
    {
        await dana.SendAsync(200, "PUT operator/presence", new { status = "online", departments = CanaryNodes.Departments });
        foreach (var session in (string[])[visitorSession, accountSession, secondSession])
        {
            await dana.SendAsync(200, "POST operator/calls/claim", new { sessionId = session });
        }

        await PlatformFailsAsync();
        Nodes.Platform = http => http.Request.Path.Value!.EndsWith("/profile", StringComparison.Ordinal)
            ? http.Response.WriteAsJsonAsync(new { name = profile })
            : http.Response.WriteAsJsonAsync(new[] { new { id = cage.Personal("trade") } });
        // The answers of the platform are remembered by each node.
        for (var node = 0; node < 2; node++)
        {
            SeenByOperator += (await dana.SendAsync(200, $"GET operator/sessions/{accountSession}/customer", null))!.ToJsonString();
            SeenByOperator += (await dana.SendAsync(200, $"GET operator/sessions/{visitorSession}", null))!.ToJsonString();
        }

        await dana.SendAsync(201, "POST chat/message", new { text = cage.Personal("answer"), sessionId = visitorSession, clientMessageId = cage.Personal("clientMessageId of an operator") });
        await dana.SendAsync(201, $"POST operator/sessions/{visitorSession}/notes", new { text = cage.Personal("note") });
        await dana.SendAsync(201, $"POST operator/sessions/{accountSession}/notes", new { text = cage.Personal("note on an account") });
        await dana.SendAsync(200, $"POST operator/sessions/{accountSession}/transfer", new { department = "billing", note = cage.Personal("note of a transfer") });
        await dana.SendAsync(200, "POST operator/calls/claim", new { sessionId = accountSession });
        await dana.SendAsync(201, "POST chat/message", new { text = cage.Personal("answer to an account"), sessionId = accountSession });
        await dana.SendAsync(201, "POST operator/canned-replies", new { shortcut = "greeting", text = cage.Staff("canned reply") });
        await dana.SendAsync(200, "PUT operator/canned-replies/greeting", new { text = cage.Staff("canned reply, replaced") });
        foreach (var call in (string[])["operator/calls", "operator/sessions", "operator/poll", "operator/stats", $"chat/history?sessionId={visitorSession}"])
        {
            await dana.SendAsync(200, "GET " + call, null);
        }

        await dana.SendAsync(204, $"POST operator/sessions/{accountSession}/block", new { minutes = 5 });
        await account.SendAsync(403, "POST chat/message", new { text = cage.Personal("text while blocked") });
        await dana.SendAsync(204, $"POST operator/sessions/{accountSession}/block", new { minutes = 0 });
        await Nodes.DumpAsync();
    }

    private async Task PlatformFailsAsync()
    {
        foreach (var (status, body) in ((int, string)[])[(500, cage.Personal("body of a failing platform")), (200, $$"""{ "name": {{cage.Personal("malformed profile")}} """), (404, cage.Personal("body of a 404"))])
        {
            Nodes.Platform = http =>
            {
                (http.Response.StatusCode, http.Response.ContentType) = (status, "application/json");
                return http.Response.WriteAsync(body);
            };
            var customer = await dana.SendAsync(200, $"GET operator/sessions/{accountSession}/customer", null);
            Assert.Equal("unavailable", (string?)customer!["source"]);
        }
    }

    private async Task TroubleAsync()
    {
        await Nodes.StopPlatformAsync();
        await dana.SendAsync(200, $"GET operator/sessions/{secondSession}/customer", null);
        await Nodes.Redis!.PauseAsync();
        await WritesAsync("while Redis is stalled");
        await Nodes.Redis.ResumeAsync();
        await Nodes.UntilReadyAsync();
        await Nodes.Redis.KillAsync();
        await WritesAsync("while Redis is dead");
        await Nodes.Redis.StartAgainAsync();
        await Nodes.UntilReadyAsync();

        // Something that no caller can do makes a script fail, which is an error that is logged.
        var key = $"chat:{{s:{secondSession}}}:messages";
        await Nodes.Database.KeyDeleteAsync(key);
        await Nodes.Database.StringSetAsync(key, "");
        await second.SendAsync(500, "POST chat/message", new { text = cage.Personal("text that makes a script fail") });
        await dana.SendAsync(500, "POST chat/message", new { text = cage.Personal("answer that makes a script fail"), sessionId = secondSession });
        await Nodes.Database.KeyDeleteAsync(key);
    }

    private async Task WritesAsync(string when)
    {
        foreach (var (who, call, body) in ((CanaryActor, string, object?)[])
        [
            (new CanaryActor(Nodes, cage), "POST chat/session", new { name = cage.Unanswered("name " + when), email = cage.Unanswered("email " + when) + "@example.com" }),
            (visitor, "POST chat/message", new { text = cage.Personal("text " + when), clientMessageId = cage.Personal("clientMessageId " + when) }),
            (account, "POST chat/session/call-operator", new { reason = cage.Personal("reason " + when) }),
            (dana, $"POST operator/sessions/{visitorSession}/notes", new { text = cage.Personal("note " + when) }),
            (visitor, "GET chat/history", null),
        ])
        {
            await who.SendAsync(503, call, body);
        }

        await Nodes.SendAsync(503, "POST accounts/erase", new { userId = cage.Personal("userId " + when) }, ("X-Api-Key", platformKey));
    }

    private async Task EndAsync()
    {
        await dana.SendAsync(200, $"POST operator/sessions/{visitorSession}/close", new { reason = cage.Personal("close reason") });
        await visitor.SendAsync(204, "POST chat/session/rating", new { score = 4, comment = cage.Personal("rating comment") });
        await visitor.SendAsync(200, "GET chat/session/transcript", null);
        await account.SendAsync(200, "POST chat/session/close", null);
        await account.SendAsync(204, "POST chat/session/rating", new { score = 1, comment = cage.Personal("rating comment of an account") });
    }

    private async Task EraseAsync()
    {
        await visitor.SendAsync(204, "DELETE chat/session", null);
        var key = cage.Credential("wrong X-Api-Key");
        await Nodes.SendAsync(401, "POST accounts/erase", new { userId = account.UserId }, ("X-Api-Key", key));
        var erased = await Nodes.SendAsync(200, "POST accounts/erase", new { userId = account.UserId }, ("X-Api-Key", platformKey));
        Assert.Equal(2, (int)erased!["erased"]!);
        var sue = new CanaryActor(Nodes, cage);
        sue.SignIn("supervisor", CanaryKind.Staff, "supervisor");
        await sue.SendAsync(200, "POST accounts/erase", new { userId = second.UserId });
        await visitor.SendAsync(401, "GET chat/history", null);
    }
}
