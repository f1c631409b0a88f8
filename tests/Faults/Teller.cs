using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Faults;

/// <summary>The answer that a request got in the end.</summary>
/// <param name="Body">Null where there is none, or it is no JSON.</param>
public sealed record Told(HttpStatusCode Status, JsonNode? Body)
{
    public string? Code => (string?)Body?["code"];
}

/// <summary>
/// A client that does what a good client does on bad days: whatever fails or is answered with 5xx it sends again, to the next node, until it
/// has an answer or the test ends. How long each answer took, and which were no answers, it keeps.
/// </summary>
public sealed class Teller(IReadOnlyList<Uri> nodes) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient http = new(new SocketsHttpHandler { UseCookies = false, MaxConnectionsPerServer = 1000, ConnectTimeout = TimeSpan.FromSeconds(2) })
    {
        Timeout = TimeSpan.FromSeconds(40),
    };

    private readonly List<(TimeSpan At, TimeSpan Took, int Status)> answers = [];
    private readonly long started = TimeProvider.System.GetTimestamp();
    private readonly ConcurrentQueue<string> strayFailures = new();
    private int turn, retries;

    /// <summary>How many sends did not end in an answer that counts: refused connections, cut answers, 5xx.</summary>
    public int Retries => retries;

    /// <summary>Answers of 5xx that are not what the service promises while Redis is away: 503 storage_unavailable, and when to try again.</summary>
    public IReadOnlyCollection<string> StrayFailures => strayFailures;

    /// <summary>The longest that anybody waited from the first send to the answer that counted.</summary>
    public TimeSpan LongestWait { get; private set; }

    /// <summary>Every answer so far: when it came, how long it took, its status; 0 where the connection failed.</summary>
    public IReadOnlyList<(TimeSpan At, TimeSpan Took, int Status)> Answers
    {
        get
        {
            lock (answers)
            {
                return [.. answers];
            }
        }
    }

    public TimeSpan Now => TimeProvider.System.GetElapsedTime(started);

    /// <summary>Sends until there is an answer below 500.</summary>
    /// <param name="method">POST, GET ...</param>
    /// <param name="path">Below <c>/api/v1/</c>.</param>
    /// <param name="bearer">Of an account or operator.</param>
    /// <param name="token">Of an anonymous visitor.</param>
    /// <param name="body">As JSON.</param>
    /// <param name="ct">Ends the test; then this throws.</param>
    public async Task<Told> SendAsync(string method, string path, string? bearer, string? token, object? body, CancellationToken ct)
    {
        var first = Now;
        while (true)
        {
            if (await TryAsync(method, path, bearer, token, body, ct) is { } told && (int)told.Status < 500)
            {
                lock (answers)
                {
                    LongestWait = Now - first > LongestWait ? Now - first : LongestWait;
                }

                return told;
            }

            Interlocked.Increment(ref retries);
            await Task.Delay(Pause * (0.5 + Random.Shared.NextDouble()), ct);
        }
    }

    /// <summary>Sends once; null where the connection failed before there was a whole answer.</summary>
    public async Task<Told?> TryAsync(string method, string path, string? bearer, string? token, object? body, CancellationToken ct)
    {
        var node = nodes[Interlocked.Increment(ref turn) % nodes.Count];
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(node, "/api/v1/" + path)) { Content = body is null ? null : JsonContent.Create(body) };
        if (bearer is not null)
        {
            request.Headers.Authorization = new("Bearer", bearer);
        }

        if (token is not null)
        {
            request.Headers.Add("X-Chat-Session", token);
        }

        var sent = TimeProvider.System.GetTimestamp();
        try
        {
            using var response = await http.SendAsync(request, ct);
            var text = await response.Content.ReadAsStringAsync(ct);
            Note(sent, (int)response.StatusCode);
            var told = new Told(response.StatusCode, text is ['{', ..] ? JsonNode.Parse(text) : null);
            if ((int)told.Status >= 500 && (told is not { Status: HttpStatusCode.ServiceUnavailable, Code: "storage_unavailable" } || response.Headers.RetryAfter is null))
            {
                strayFailures.Enqueue($"{method} {path}: {(int)told.Status} {told.Code}, Retry-After {response.Headers.RetryAfter}");
            }

            return told;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException { InnerException: TimeoutException } && !ct.IsCancellationRequested)
        {
            Note(sent, 0);
            return null;
        }
    }

    public void Dispose() => http.Dispose();

    private void Note(long sent, int status)
    {
        lock (answers)
        {
            answers.Add((Now, TimeProvider.System.GetElapsedTime(sent), status));
        }
    }
}
