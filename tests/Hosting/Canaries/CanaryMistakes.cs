using Microsoft.Extensions.Primitives;

namespace Intotes.Chat.Tests.Hosting.Canaries;

/// <summary>Everything that is refused, each with a canary in what is wrong: nobody should have to read a customer's data to learn that a program has a fault.</summary>
public sealed class CanaryMistakes(CanaryNodes nodes, CanaryCage cage, CanaryActor visitor, CanaryActor account, CanaryActor dana, string sessionId)
{
    public async Task MakeAsync()
    {
        await BadFieldsAsync();
        await BadJsonAsync();
        await WrongPlacesAsync();
        await BadCredentialsAsync();
    }

    private async Task BadFieldsAsync()
    {
        var nobody = new CanaryActor(nodes, cage);
        foreach (var field in (string[])["name", "email", "locale", "pageUrl", "department"])
        {
            await nobody.SendAsync(400, "POST chat/session", new Dictionary<string, string> { [field] = Bad(field) });
        }

        await visitor.SendAsync(400, "POST chat/session/call-operator", new { reason = Bad("reason") });
        await visitor.SendAsync(400, "POST chat/session/call-operator", new { department = cage.Personal("unknown department") });
        await visitor.SendAsync(400, "POST chat/message", new { text = Bad("text") });
        await visitor.SendAsync(400, "POST chat/message", new { text = "Hello", clientMessageId = Bad("clientMessageId") });
        await visitor.SendAsync(400, "POST chat/session/rating", new { score = 9, comment = Bad("comment") });
        await visitor.SendAsync(400, "POST chat/read", new { upTo = cage.Personal("bad upTo") });
        await visitor.SendAsync(409, "POST chat/session/rating", new { score = 3, comment = cage.Personal("comment too early") });
        var reused = cage.Personal("clientMessageId used twice");
        await visitor.SendAsync(201, "POST chat/message", new { text = cage.Personal("text of it"), clientMessageId = reused });
        await visitor.SendAsync(409, "POST chat/message", new { text = cage.Personal("other text of it"), clientMessageId = reused });
        foreach (var (call, field) in ((string, string)[])[("notes", "text"), ("transfer", "note"), ("transfer", "department"), ("close", "reason")])
        {
            var body = new Dictionary<string, string> { ["operatorId"] = "nobody" };
            body[field] = Bad($"{field} of {call}");
            await dana.SendAsync(400, $"POST operator/sessions/{sessionId}/{call}", body);
        }

        await dana.SendAsync(409, $"POST operator/sessions/{sessionId}/transfer", new { operatorId = cage.Staff("unknown operatorId"), note = cage.Personal("note that goes nowhere") });
        await dana.SendAsync(403, "POST chat/message", new { text = cage.Personal("text to nobody"), sessionId = cage.Personal("sessionId that is none") });
        await dana.SendAsync(404, "POST operator/calls/claim", new { sessionId = cage.Personal("sessionId to claim") });
        await dana.SendAsync(400, "PUT operator/presence", new { departments = new[] { cage.Staff("unknown department of an operator") } });
        await dana.SendAsync(400, "POST operator/canned-replies", new { shortcut = "Not " + cage.Staff("bad shortcut"), text = cage.Staff("text of a bad shortcut") });
        await account.SendAsync(403, "POST accounts/erase", new { userId = cage.Personal("userId to erase, by a customer") });
    }

    private async Task BadJsonAsync()
    {
        foreach (var json in (string[])
        [
            $$"""{ "text": "{{cage.Personal("broken JSON")}} """, $$"""{ "text": { "{{cage.Personal("object as text")}}": 1 } }""", $$"""[ "{{cage.Personal("array")}}" ]""",
            $$"""{ "text": "x", "clientMessageId": [ "{{cage.Personal("array as clientMessageId")}}" ] }""",
            $$"""{ "text": "\ud800{{cage.Personal("text with half a character")}}" }""", cage.Personal("no JSON at all"),
        ])
        {
            await visitor.SendAsync(400, "POST chat/message", json);
        }

        await visitor.SendAsync(400, "POST chat/session/rating", $$"""{ "score": "{{cage.Personal("text as score")}}" }""");
        await visitor.SendAsync(400, "POST chat/typing", $$"""{ "typing": "{{cage.Personal("text as typing")}}" }""");
        await dana.SendAsync(400, "PUT operator/presence", $$"""{ "status": "{{cage.Staff("unknown status")}}" }""");
        await visitor.SendAsync(413, "POST chat/message", new { text = cage.Personal("too large") + new string('x', 70_000) });
    }

    /// <summary>In the query string, where nothing of it belongs.</summary>
    private async Task WrongPlacesAsync()
    {
        var careless = new CanaryActor(nodes, cage);
        await careless.OpenAsync(null, "session token in the query");
        await careless.SendAsync(200, $"GET chat/history?token={careless.Token}&X-Chat-Session={careless.Token}&text={cage.Personal("text in the query")}", null);
        await nodes.SendAsync(404, $"GET chat/history?access_token={careless.Token}&chat_session={careless.Token}", null);
        await visitor.SendAsync(201, $"POST chat/message?text={cage.Personal("other text in the query")}", new { text = cage.Personal("text beside one in the query") });
        foreach (var query in (string[])["after", "wait", "limit"])
        {
            await visitor.SendAsync(400, $"GET chat/poll?{query}={cage.Personal(query + " in the query")}", null);
        }

        await dana.SendAsync(403, $"GET chat/history?sessionId={cage.Personal("sessionId in the query")}", null);
        await dana.SendAsync(400, $"GET operator/sessions?state={cage.Staff("state in the query")}", null);
    }

    private async Task BadCredentialsAsync()
    {
        foreach (var fault in BearerTokenTests.Faults.Select(fault => fault.Data))
        {
            var jwt = new HandmadeJwt(nodes.SigningKey, cage.Personal($"sub of a bad token: {fault}"));
            jwt.Claims["name"] = cage.Personal($"name of a bad token: {fault}");
            jwt.Claims["email"] = cage.Personal($"email of a bad token: {fault}");
            jwt.Claims["aud"] = new System.Text.Json.Nodes.JsonArray("intotes-chat", cage.Personal($"audience of a bad token: {fault}"));
            var header = jwt.Spoilt(fault);
            foreach (var part in new StringTokenizer(header, [' ']).Skip(1).Where(part => part.Length > 30))
            {
                cage.Credential("bad bearer token: " + fault, part.ToString());
            }

            await nodes.SendAsync(401, "POST chat/session", null, ("Authorization", header));
        }

        await nodes.SendAsync(401, "POST chat/session", null, ("Authorization", "Bearer " + cage.Credential("bearer token that is none")));
        await nodes.SendAsync(401, "GET operator/stats", null, ("Authorization", "Basic " + cage.Credential("Basic credential")));
        await nodes.SendAsync(401, "GET chat/history", null, ("X-Chat-Session", cage.Credential("session token that is none")));
        await nodes.SendAsync(401, "GET chat/history", null, ("Cookie", "chat_session=" + cage.Credential("cookie that is none")));
        var forged = cage.Credential("forged session token", $"{sessionId}.{Guid.NewGuid():N}AAAAAAAAAAA");
        await nodes.SendAsync(401, "GET chat/history", null, ("X-Chat-Session", forged));
    }

    /// <summary>A line that holds a control character.</summary>
    private string Bad(string what) => cage.Personal("bad " + what) + '\u0001';
}
