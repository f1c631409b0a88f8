namespace Intotes.Chat.Tests.Hosting.AccessMatrix;

/// <summary>A caller that names a session of another learns nothing, not even whether it exists: byte for byte it is told the same of one that does not.</summary>
public sealed class UnknownAndForeignTests(AccessNodes own) : IClassFixture<AccessNodes>
{
    private const string Unknown = "AAAAAAAAAAAAAAAAAAAAAA";

    /// <summary>What differs between any two answers to a visitor, who writes and reads its own session whatever it names.</summary>
    private static readonly string[] Incidental = ["id", "sentAt", "nextPollMs", "cursor"];

    private static readonly string[] NamingOnes =
    [
        "GET /api/v1/chat/events", "GET /api/v1/chat/history", "GET /api/v1/chat/poll", "GET /api/v1/operator/audit", "GET /api/v1/operator/sessions/{sessionId}",
        "GET /api/v1/operator/sessions/{sessionId}/customer",
        "POST /api/v1/chat/message", "POST /api/v1/chat/read", "POST /api/v1/chat/typing", "POST /api/v1/operator/calls/claim",
        "POST /api/v1/operator/sessions/{sessionId}/block", "POST /api/v1/operator/sessions/{sessionId}/close", "POST /api/v1/operator/sessions/{sessionId}/notes",
        "POST /api/v1/operator/sessions/{sessionId}/release", "POST /api/v1/operator/sessions/{sessionId}/transfer",
    ];

    public static TheoryData<string, string> Calls =>
        new(from endpoint in NamingOnes from state in (string[])["open", "active", "closed"] select (endpoint, state));

    [Fact]
    public void These_are_all_that_name_a_session() =>
        Assert.Equal(NamingOnes, AccessCalls.EndpointsOf(own.Nodes.Services).Where(endpoint => endpoint.NamesSession).Select(endpoint => endpoint.Name).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_foreign_session_is_answered_like_an_unknown_one(string endpoint, string state)
    {
        var scene = await AccessScene.SetAsync(own, state);
        foreach (var column in (string[])["none", "dead", "cookie", "stranger", "other", "new", "claims", "operator", "key"])
        {
            // A visitor that names the account's session, an account that names the visitor's.
            var foreign = column is "other" or "new" or "claims" ? scene.VisitorSessionId : scene.SessionId;
            if (column == "operator" && IsToldOnPurpose(endpoint, state))
            {
                continue;
            }

            foreach (var caller in await scene.CallersAsync(column))
            {
                // Once before, so that neither is the caller's first.
                await AccessCalls.SendAsync(caller, endpoint, scene, Unknown);
                var unknown = Told(await AccessCalls.SendAsync(caller, endpoint, scene, Unknown));
                var told = Told(await AccessCalls.SendAsync(caller, endpoint, scene, foreign));
                Assert.True(unknown == told, $"{caller.Kind}: of an unknown one\n{unknown}\nof a foreign one\n{told}");
            }
        }
    }

    /// <summary>The contract has operators who come too late for a call told so: it was in everybody's list.</summary>
    private static bool IsToldOnPurpose(string endpoint, string state) => endpoint == "POST /api/v1/operator/calls/claim" && state is "active" or "closed";

    /// <summary>Everything that a caller can see of an answer, but for what always differs.</summary>
    private static string Told(Answer answer)
    {
        var isServed = (int)answer.Status < 400;
        var headers = answer.Headers.Where(header => header.Key != "Date" && (header.Key != "Content-Length" || !isServed)).OrderBy(header => header.Key, StringComparer.Ordinal);
        foreach (var name in isServed ? Incidental : ["traceId"])
        {
            answer.Body?.AsObject().Remove(name);
        }

        return $"{(int)answer.Status}\n{string.Join('\n', headers.Select(header => $"{header.Key}: {string.Join(',', header)}"))}\n{answer.Body?.ToJsonString()}";
    }
}
