using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Hosting.Container;

/// <summary>The service as it is deployed. Its image is made by ./test where tests use containers.</summary>
[Trait("time", "long")]
public sealed partial class ContainerTests
{
    private const string Image = "CHAT_TEST_IMAGE", Department = "container";

    private const int DrainSeconds = 1;

    private static readonly TimeSpan HealthyWithin = TimeSpan.FromSeconds(60);

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false });

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_image_runs_read_only_and_not_as_root_turns_healthy_serves_and_stops_in_order()
    {
        var image = Environment.GetEnvironmentVariable(Image) ?? "";
        Assert.SkipUnless(
            image.Length > 0 || Environment.GetEnvironmentVariable("CHAT_TEST_REQUIRE_CONTAINER") == "1",
            $"It needs an image of the service: ./test --containers builds one, and names it in {Image}.");
        // Of its own: the departments of this node would be strange to those of other tests.
        await using var redis = await RedisServerProcess.StartAsync();
        await using var container = await ServiceContainer.StartAsync(image, Settings(redis.Configuration));

        await UntilHealthyAsync(container);
        await AssertConfinedAsync(container);
        await TalkAsync(container.Address);

        Assert.Equal(0, await container.StopAsync(within: TimeSpan.FromSeconds(DrainSeconds + 30)));
        // The engine may permit few open files, and Redis is empty at first.
        string[] expected = [nameof(ConnectionNotice), nameof(Intotes.Chat.Storage.DataSetMarks)];
        var warnings = (await container.LogAsync()).Split('\n')
            .Where(line => Warning().IsMatch(line) && !Array.Exists(expected, source => line.Contains(source, StringComparison.Ordinal))).ToList();
        Assert.True(warnings.Count == 0, string.Join('\n', warnings));
    }

    private static Dictionary<string, string> Settings(string redis) => new()
    {
        ["Redis__Configuration"] = ServiceUser.Connecting(redis),
        ["Jwt__SigningKey"] = HttpsNode.SigningKey,
        ["Jwt__Issuer"] = "intotes",
        ["Jwt__Audience"] = "intotes-chat",
        ["Server__DrainSeconds"] = $"{DrainSeconds}",
        ["Chat__Departments__0"] = Department,
    };

    /// <summary>By the health check of the image, which is the service's own binary: there is nothing else in it to ask with.</summary>
    private static async Task UntilHealthyAsync(ServiceContainer container)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var state = (await container.InspectAsync())["State"]!;
            if ((string?)state["Health"]!["Status"] == "healthy")
            {
                Assert.Equal($"{container.Address}health/startup 200 Healthy\n", (string?)state["Health"]!["Log"]!.AsArray()[^1]!["Output"]);
                return;
            }

            if (!(bool)state["Running"]! || TimeProvider.System.GetElapsedTime(started) > HealthyWithin)
            {
                Assert.Fail($"It is not healthy: {state.ToJsonString()} {await container.LogAsync()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), Ct);
        }
    }

    /// <summary>As the kernel sees it (proc_pid_status(5), proc_pid_mountinfo(5)), whatever Docker was told.</summary>
    private static async Task AssertConfinedAsync(ServiceContainer container)
    {
        var process = $"/proc/{(int)(await container.InspectAsync())["State"]!["Pid"]!}";
        var status = (await File.ReadAllLinesAsync($"{process}/status", Ct)).Select(line => line.Split(":\t")).ToDictionary(line => line[0], line => line[^1]);
        var root = (await File.ReadAllLinesAsync($"{process}/mountinfo", Ct)).Select(line => line.Split(' ')).Single(mount => mount[4] == "/");

        Assert.Equal(("10001\t10001\t10001\t10001", "10001\t10001\t10001\t10001"), (status["Uid"], status["Gid"]));
        Assert.Equal(("0000000000000000", "1"), (status["CapEff"], status["NoNewPrivs"]));
        Assert.StartsWith("ro,", root[5], StringComparison.Ordinal);
    }

    private static async Task TalkAsync(Uri service)
    {
        var dana = Jwt.Issue("container-dana", "Dana", "operator", key: HttpsNode.SigningKey);
        var opened = await SendAsync(service, "POST chat/session", null, new { name = "Vera", department = Department });
        var (id, token) = ((string)opened["sessionId"]!, (string)opened["token"]!);
        await SendAsync(service, "POST chat/message", token, new { text = "Hello?" });
        await SendAsync(service, "POST chat/session/call-operator", token, new { department = Department });
        Assert.Equal(id, (string?)(await SendAsync(service, "POST operator/calls/claim", dana, new { sessionId = id }))["sessionId"]);
        var cursor = (string?)(await SendAsync(service, "GET chat/poll?after=0-0", token))["cursor"];
        var poll = SendAsync(service, $"GET chat/poll?after={cursor}&wait=25", token);
        await SendAsync(service, "POST chat/message", dana, new { text = "Here I am.", sessionId = id });
        Assert.Equal("Here I am.", (string?)(await poll)["messages"]![0]!["text"]);
        await SendAsync(service, $"POST operator/sessions/{id}/close", dana);

        var history = (await SendAsync(service, "GET chat/history?event=false", token))["messages"]!.AsArray();
        Assert.Equal(["Hello?", "Here I am."], history.Select(message => (string?)message!["text"]));
    }

    private static async Task<JsonNode> SendAsync(Uri service, string call, string? credential, object? body = null)
    {
        var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(service, "/api/v1/" + path)) { Content = body is null ? null : JsonContent.Create(body) };
        var isBearer = credential?.Split('.').Length == 3;
        if (credential is not null)
        {
            request.Headers.Add(isBearer ? "Authorization" : "X-Chat-Session", isBearer ? $"Bearer {credential}" : credential);
        }

        using var answer = await Http.SendAsync(request, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        Assert.True(answer.IsSuccessStatusCode, $"{call}: {answer.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    [GeneratedRegex("\"LogLevel\":\"(Warning|Error|Critical)\"")]
    private static partial Regex Warning();
}
