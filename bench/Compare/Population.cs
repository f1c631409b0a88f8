using System.Net.Http.Json;
using System.Text.Json.Nodes;
using StackExchange.Redis;

namespace Compare;

/// <summary>
/// Sessions to work with. The service itself makes one with one message; the others are copies of it in Redis, each with a token of its own, because a
/// hundred thousand calls would take longer than what is measured.
/// </summary>
internal sealed class Population(IDatabase redis, Uri service, string folder)
{
    /// <summary>Entries of copies have ids of this time, numbered from 1.</summary>
    private const string Epoch = "1700000000000";

    private const string Copy = """
        redis.call('COPY', KEYS[1], KEYS[3])
        redis.call('HSET', KEYS[3], 'token', ARGV[1])
        local fields = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1][2]
        for i = 1, tonumber(ARGV[2]) do
          redis.call('XADD', KEYS[4], ARGV[3] .. '-' .. i, unpack(fields))
        end
        """;

    private RedisKey[] template = [];
    private int files;

    /// <summary>The cursor of one who has all of a session's messages.</summary>
    public static string Cursor(int messages) => messages == 0 ? "0-0" : $"{Epoch}-{messages}";

    /// <summary>The tokens of that many new sessions.</summary>
    public async Task<string[]> SessionsAsync(int count, int messages)
    {
        if (template.Length == 0)
        {
            await MakeTemplateAsync();
        }

        var sessions = Enumerable.Range(0, count).Select(_ => Tokens.Session()).ToArray();
        foreach (var some in sessions.Chunk(1000))
        {
            await Task.WhenAll(some.Select(session => redis.ScriptEvaluateAsync(
                Copy, [.. template, $"chat:{{s:{session.Id}}}", $"chat:{{s:{session.Id}}}:messages"], [session.Digest, messages, Epoch])));
        }

        return [.. sessions.Select(session => session.Token)];
    }

    /// <summary>Accounts, each with a session that the service made: JWT and session id.</summary>
    public async Task<(string Jwt, string Session)[]> AccountsAsync(int count)
    {
        using var client = new HttpClient { BaseAddress = service };
        var accounts = new (string, string)[count];
        for (var i = 0; i < count; i++)
        {
            var jwt = Tokens.Account($"user-{i}");
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/chat/session") { Headers = { { "Authorization", "Bearer " + jwt } } };
            using var answer = await client.SendAsync(request);
            accounts[i] = (jwt, (string)(await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>())!["sessionId"]!);
        }

        return accounts;
    }

    /// <summary>A file of requests for wrk.</summary>
    public string Requests(IEnumerable<(string Method, string Path, string Header, string Value, string Body)> requests) =>
        Write(requests.Select(request => $"{request.Method}\t{request.Path}\t{request.Header}\t{request.Value}\t{request.Body}"));

    public string Write(IEnumerable<string> lines)
    {
        var path = Path.Combine(folder, $"lines-{++files}");
        File.WriteAllLines(path, lines);
        return path;
    }

    private async Task MakeTemplateAsync()
    {
        using var client = new HttpClient { BaseAddress = service };
        using var opened = await client.PostAsync(new Uri("/api/v1/chat/session", UriKind.Relative), null);
        var session = (await opened.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>())!;
        client.DefaultRequestHeaders.Add("X-Chat-Session", (string)session["token"]!);
        using var sent = await client.PostAsJsonAsync("/api/v1/chat/message", new { text = Work.Text });
        sent.EnsureSuccessStatusCode();
        template = [$"chat:{{s:{session["sessionId"]}}}", $"chat:{{s:{session["sessionId"]}}}:messages"];
    }
}
