using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Intotes.Chat.Tests.Redis;

/// <summary>A backup and a restore by the commands of docs/operations.md.</summary>
public sealed class RestoreTests
{
    private static readonly TimeSpan GoesOnWithin = TimeSpan.FromSeconds(30);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_backup_holds_is_there_after_a_restore_and_goes_on_and_what_came_later_is_moved_aside()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await using var node = ChatNode.Start(redis.Configuration, new LogWatch());
        using var http = new HttpClient { BaseAddress = node.Address };
        http.DefaultRequestHeaders.Add("X-Chat-Session", (string)(await SendAsync(http, HttpMethod.Post, "session"))["token"]!);
        await SendAsync(http, HttpMethod.Post, "message", new { text = "Before", clientMessageId = "Before" });

        await RunAsync($"redis-cli -p {redis.Port} --rdb - > {redis.DataDirectory}/backup.rdb");
        // Those of the session, and what the node has written beside them by then.
        var keys = Regex.Match(await RunAsync($"redis-check-rdb {redis.DataDirectory}/backup.rdb"), @"(\d+) keys read").Groups[1].Value;
        await SendAsync(http, HttpMethod.Post, "message", new { text = "Later", clientMessageId = "Later" });
        await redis.KillAsync();
        var said = await RunAsync($"{ArchitectureTests.Root}/deploy/restore-redis {redis.DataDirectory} < {redis.DataDirectory}/backup.rdb");
        await redis.StartAgainAsync();

        var aside = Assert.Single(Directory.GetDirectories(redis.DataDirectory, "before-*"));
        Assert.Equal($"What was there is in {aside}.\nRestored {keys} keys.\n", said);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(aside, "appendonlydir")));
        Assert.Equal(["Before"], await TextsAsync(http));
        await SendAsync(http, HttpMethod.Post, "message", new { text = "After", clientMessageId = "After" });

        // What came after the restore is in the append-only file as well.
        await redis.KillAsync();
        await redis.StartAgainAsync();
        Assert.Equal(["Before", "After"], await TextsAsync(http));
    }

    [Fact]
    public async Task What_is_no_backup_is_refused_and_leaves_all_as_it_was()
    {
        await using var redis = await RedisServerProcess.StartAsync();
        await redis.KillAsync();
        var before = Directory.GetFileSystemEntries(redis.DataDirectory).Order().ToList();

        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync($"echo nonsense | {ArchitectureTests.Root}/deploy/restore-redis {redis.DataDirectory}"));

        Assert.Equal(before, Directory.GetFileSystemEntries(redis.DataDirectory).Order());
    }

    private static async Task<string?[]> TextsAsync(HttpClient http) =>
        [.. (await SendAsync(http, HttpMethod.Get, "history?event=false"))["messages"]!.AsArray().Select(message => (string?)message!["text"])];

    /// <summary>As clients do, again while the answer is 503: after a restart of Redis the node has to find it.</summary>
    private static async Task<JsonNode> SendAsync(HttpClient http, HttpMethod method, string path, object? body = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            using var request = new HttpRequestMessage(method, $"/api/v1/chat/{path}") { Content = body is null ? null : JsonContent.Create(body) };
            using var answer = await http.SendAsync(request, Ct);
            var text = await answer.Content.ReadAsStringAsync(Ct);
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable || TimeProvider.System.GetElapsedTime(started) > GoesOnWithin)
            {
                Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {answer.StatusCode} {text}");
                return JsonNode.Parse(text)!;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), Ct);
        }
    }

    private static async Task<string> RunAsync(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (shell.StandardOutput.ReadToEndAsync(Ct), shell.StandardError.ReadToEndAsync(Ct));
        await shell.WaitForExitAsync(Ct);
        return shell.ExitCode == 0 ? await output : throw new InvalidOperationException($"{command}: {await error}");
    }
}
