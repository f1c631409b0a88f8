using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Intotes.Chat.Tests.Redis;
using StackExchange.Redis;

namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <summary>What a node in production writes to its console, as it is shipped.</summary>
public sealed partial class LogLinesTests
{
    private const string SigningKey = "a-key-of-a-test-that-is-long-enough-for-it";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false, ActivityHeadersPropagator = null });

    [Fact]
    public async Task A_request_writes_nothing_when_it_goes_well_and_one_line_of_json_with_its_trace_when_it_fails()
    {
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        var (address, lines) = (new Uri($"http://127.0.0.1:{RedisPort.Free()}"), new List<string>());
        using var node = Start(redis, address, lines);
        await MeasuredTraffic.EventuallyAsync("the node is ready", () => IsReadyAsync(new Uri(address, "/health/ready")));
        var (user, dana) = (ChatClient.NewId("user"), Issue(ChatClient.NewId("operator"), "operator"));
        var customer = Issue(user, null);

        var sessionId = (string)(await SendAsync(201, "POST chat/session", customer))["sessionId"]!;
        await SendAsync(201, "POST chat/message", customer, """{ "text": "a text" }""");
        await SendAsync(200, "POST chat/session/call-operator", customer);
        await SendAsync(200, "GET chat/poll?after=0-0", customer);
        await SendAsync(400, "POST chat/message", customer, "no JSON");
        await SendAsync(401, "GET chat/poll", "bad");
        await SendAsync(200, "POST operator/calls/claim", dana);
        var before = Snapshot().Count;
        // Nobody listens where the platform should be.
        await SendAsync(200, $"GET operator/sessions/{sessionId}/customer", dana);
        await connection.GetDatabase().KeyDeleteAsync($"chat:{{s:{sessionId}}}:messages");
        await connection.GetDatabase().StringSetAsync($"chat:{{s:{sessionId}}}:messages", "");
        var problem = await SendAsync(500, "POST chat/message", customer, """{ "text": "another text" }""");
        await MeasuredTraffic.EventuallyAsync("both failures are logged", () => Task.FromResult(Snapshot().Count >= before + 2));
        using (var kill = Process.Start("kill", ["-TERM", $"{node.Id}"]))
        {
            await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var all = Snapshot().Select(line => JsonNode.Parse(line)!).ToList();
        Assert.All(all, line => Assert.All(["Timestamp", "LogLevel", "Category", "Message", "State", "Scopes"], field => Assert.NotNull(line[field])));
        var ofRequests = all.Where(line => Scope(line, "TraceId") is not null).ToList();
        Assert.Equal(["Information Intotes.Chat.Hosting.SecurityEvents", "Information Intotes.Chat.Features.Operators.PlatformClient", "Error Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware"], ofRequests.Select(Kind));
        Assert.Equal((string)problem["traceId"]!, Scope(ofRequests[2], "TraceId"));
        Assert.All(ofRequests, line => Assert.Equal(16, Scope(line, "SpanId")?.Length));
        Assert.All(all.Except(ofRequests).Select(Kind), kind => Assert.Matches("^(Information (Microsoft.Hosting.Lifetime|FastEndpoints.StartupTimer|Intotes.Chat.)|Warning Intotes.Chat.Storage.DataSetMarks$)", kind));
        Assert.All([sessionId, user, customer, dana, "a text", "another text", SigningKey, "operator/sessions"], secret =>
            Assert.DoesNotContain(Snapshot(), line => line.Contains(secret, StringComparison.Ordinal)));

        List<string> Snapshot()
        {
            lock (lines)
            {
                return [.. lines];
            }
        }

        async Task<JsonNode> SendAsync(int expected, string call, string bearer, string? body = null)
        {
            using var request = new HttpRequestMessage(new HttpMethod(call.Split(' ')[0]), new Uri(address, "/api/v1/" + call.Split(' ')[1]));
            request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
            request.Headers.Add("Authorization", "Bearer " + bearer);
            using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True((int)response.StatusCode == expected, $"{call}: {(int)response.StatusCode} {text}");
            return JsonNode.Parse(text)!;
        }
    }

    [Fact]
    public void Everything_that_is_logged_is_a_message_of_its_own_generated_by_the_compiler()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(ArchitectureTests.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            // What a command answers is no log.
            .Where(path => Path.GetFileName(path) != "HealthProbe.cs").Select(File.ReadAllText).ToList();

        Assert.True(sources.Count(source => source.Contains("[LoggerMessage(", StringComparison.Ordinal)) >= 8);
        Assert.All(sources, source => Assert.DoesNotMatch(LoggedByHand(), source));
    }

    private static Process Start(RedisServerProcess redis, Uri address, List<string> lines)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)
        [
            ("ASPNETCORE_ENVIRONMENT", "Production"), ("ASPNETCORE_URLS", $"{address}"), ("Redis__Configuration", ServiceUser.Connecting(redis.Configuration)),
            ("Jwt__SigningKey", SigningKey), ("Jwt__Issuer", "intotes"), ("Jwt__Audience", "intotes-chat"), ("Server__DrainSeconds", "0"),
            ("Platform__BaseUrl", $"https://127.0.0.1:{RedisPort.Free()}"), ("Platform__ApiKey", "a-key-of-a-test-for-the-platform"),
            // How many files a process may open is this machine's, and warned of where it is less than the usual number needs.
            ("Server__MaxConnections", "100"),
        ])
        {
            start.Environment[name] = value;
        }

        var node = Process.Start(start)!;
        node.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
            {
                lock (lines)
                {
                    lines.Add(text);
                }
            }
        };
        node.BeginOutputReadLine();
        return node;
    }

    private static async Task<bool> IsReadyAsync(Uri ready)
    {
        try
        {
            using var answer = await Http.GetAsync(ready);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Issue(string id, string? role) => Jwt.Issue(id, "A name", role, key: SigningKey);

    private static string Kind(JsonNode line) => $"{line["LogLevel"]} {line["Category"]}";

    private static string? Scope(JsonNode line, string name) => line["Scopes"]!.AsArray().OfType<JsonObject>().Select(scope => (string?)scope[name]).FirstOrDefault(value => value is not null);

    [GeneratedRegex(@"[lL]og(ger)?s?\.Log(Trace|Debug|Information|Warning|Error|Critical)?\(|Console\.(Out\.)?Write")]
    private static partial Regex LoggedByHand();
}
