using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Hosting.Fuzz;

/// <summary>What came of a request.</summary>
/// <param name="Status">0 where the server ended the connection without an answer.</param>
/// <param name="Elapsed">In the application; zero where the request did not come so far.</param>
/// <param name="Fault">Null where nothing is wrong with it.</param>
public sealed record FuzzResult(int Status, TimeSpan Elapsed, string? Fault);

/// <summary>One client at a time, with callers of its own, who begin anew now and then so that no conversation becomes long.</summary>
public sealed class FuzzClient(FuzzNode node, int number) : IDisposable
{
    private const int RequestsPerVisitor = 150;

    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(60);

    private readonly HttpClient http = new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri(node.Address, "/api/v1/") };
    private RawConnection? connection;
    private string token = "", account = "", sessionId = "", operatorToken = "", supervisorToken = "";
    private int sent;

    /// <summary>Sends a request and waits for its answer.</summary>
    public async Task<FuzzResult> SendAsync(FuzzRequest request, CancellationToken ct)
    {
        if (sent++ % RequestsPerVisitor == 0)
        {
            await BeginAnewAsync(ct);
        }

        return await SendAsync(ToBytes(request, out var name), name, request.IsWhole, ct);
    }

    /// <summary>The bytes that go over the wire, under a new name.</summary>
    public byte[] ToBytes(FuzzRequest request, out string name)
    {
        name = Guid.NewGuid().ToString("N");
        return (request with { Target = request.Target.Replace("SESSION", sessionId, StringComparison.Ordinal) }).ToBytes($"{FuzzNode.NameHeader}: {name}\r\n{Credential(request.Caller)}");
    }

    /// <param name="bytes">The request.</param>
    /// <param name="name">The one it gives in its header.</param>
    /// <param name="isWhole">Else nothing is sent after it on this connection.</param>
    /// <param name="ct">Ends everything.</param>
    public async Task<FuzzResult> SendAsync(byte[] bytes, string name, bool isWhole, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(AnswersWithin);
        RawAnswer answer;
        try
        {
            answer = await ExchangeAsync(bytes, isWhole, patience.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            EndConnection();
            return new FuzzResult(0, AnswersWithin, $"There was no answer within {AnswersWithin.TotalSeconds} s.");
        }

        var handled = await node.TakeAsync(name).WaitAsync(AnswersWithin, ct);
        // 505 is what RFC 9110 wants of a server that is spoken to in a version of HTTP that it does not know.
        return new FuzzResult(answer.Status, handled?.Elapsed ?? TimeSpan.Zero, handled?.Fault ?? (answer.Status >= 500 && answer.Status != 505 ? $"It answered {answer.Status}." : null));
    }

    public void Dispose()
    {
        EndConnection();
        http.Dispose();
    }

    private async Task<RawAnswer> ExchangeAsync(byte[] bytes, bool isWhole, CancellationToken ct)
    {
        var isHead = bytes.AsSpan().StartsWith("HEAD "u8);
        for (var isReused = connection is not null; ; isReused = false)
        {
            connection ??= await RawConnection.OpenAsync(node.Address, ct);
            RawAnswer answer = default;
            try
            {
                await connection.SendAsync(bytes, ct);
                if (!isWhole)
                {
                    connection.EndSending();
                }
            }
            catch (System.Net.Sockets.SocketException)
            {
                // The server has said why before it ended the connection, if it said anything.
            }

            answer = await connection.ReadAsync(isHead, ct);
            if (answer.Ended || !isWhole)
            {
                EndConnection();
            }

            // A connection that ended before this request reached it has told nothing about it.
            if (answer.Status > 0 || !isReused)
            {
                return answer;
            }
        }
    }

    private void EndConnection()
    {
        connection?.Dispose();
        connection = null;
    }

    /// <summary>A visitor and an account, and a session that the operator has.</summary>
    private async Task BeginAnewAsync(CancellationToken ct)
    {
        account = Jwt.Issue($"fuzz-account-{number}-{sent}", "Ann");
        operatorToken = Jwt.Issue($"fuzz-operator-{number}", "Dana", "operator");
        supervisorToken = Jwt.Issue($"fuzz-supervisor-{number}", "Sue", "supervisor");
        var opened = await PostAsync("chat/session", null, null, ct);
        (token, sessionId) = ((string)opened["token"]!, (string)opened["sessionId"]!);
        await PostAsync("chat/session", null, account, ct);
        await PostAsync("chat/session/call-operator", token, null, ct);
        await PostAsync("operator/calls/claim", null, operatorToken, ct);
    }

    private async Task<JsonNode> PostAsync(string path, string? session, string? bearer, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.Authorization = bearer is null ? null : new AuthenticationHeaderValue("Bearer", bearer);
        if (session is not null)
        {
            request.Headers.Add("X-Chat-Session", session);
        }

        using var response = await http.SendAsync(request, ct);
        var text = await response.Content.ReadAsStringAsync(ct);
        Debug.Assert((int)response.StatusCode < 500, text);
        return JsonNode.Parse(text.Length > 0 ? text : "{}")!;
    }

    private string Credential(FuzzCaller caller) => caller switch
    {
        FuzzCaller.Visitor => $"X-Chat-Session: {token}\r\n",
        FuzzCaller.Cookie => $"Cookie: chat_session={token}\r\n",
        FuzzCaller.Account => $"Authorization: Bearer {account}\r\n",
        FuzzCaller.AccountAndVisitor => $"Authorization: Bearer {account}\r\nX-Chat-Session: {token}\r\n",
        FuzzCaller.Operator => $"Authorization: Bearer {operatorToken}\r\n",
        FuzzCaller.Supervisor => $"Authorization: Bearer {supervisorToken}\r\n",
        FuzzCaller.Garbled => sent % 2 == 0 ? $"X-Chat-Session: {token[..^3]}AAA\r\n" : $"Authorization: Bearer {account[..^(sent % 90)]}{(char)('!' + (sent % 90))}\r\n",
        _ => "",
    };
}
