using System.Globalization;
using System.Text;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>
/// One client that says it is a different one each time, as fast as two nodes take it. It runs while no other test does, because it measures
/// this process's memory.
/// </summary>
[Collection(nameof(Alone))]
[Trait("time", "long")]
public sealed class SpoofedAddressTests
{
    private const int Requests = 100_000, WarmUp = 5_000, Connections = 8, Batch = 50, SessionsPerMinute = 600;

    /// <summary>
    /// An entry for an address takes 100 bytes at the very least in .NET (a string, an entry, its slot) and in Redis (a key with a lifetime, a value),
    /// which would be 10 MB here. The rest is room for what the runtime, its pools and the sessions that are permitted take.
    /// </summary>
    private const long MostManagedGrowth = 5_000_000, MostRedisGrowth = 5_000_000;

    [Fact]
    public Task Nobody_escapes_its_limit_by_headers_that_name_another_address() => FloodAsync(
        [],
        static number => (number % 5) switch
        {
            0 => $"X-Forwarded-For: {IPv4(number)}\r\n",
            1 => $"X-Forwarded-For: {IPv6(number)}, {IPv4(number)}\r\nX-Forwarded-Proto: https\r\n",
            2 => $"Forwarded: for={IPv4(number)};proto=https, for=\"[{IPv6(number)}]\"\r\n",
            3 => $"X-Real-IP: {IPv4(number)}\r\nCF-Connecting-IP: {IPv4(number)}\r\nTrue-Client-IP: {IPv6(number)}\r\nX-Client-IP: {IPv4(number)}\r\n",
            _ => $"X-Forwarded-For: {number:x}, ,;:%00 [::{number:x}\r\nX-Forwarded-For: unknown{number}\r\n",
        });

    [Fact]
    public Task Nobody_escapes_its_limit_by_what_it_writes_before_the_word_of_the_proxy() => FloodAsync(
        new() { ["ReverseProxy:KnownProxies:0"] = "127.0.0.1" },
        static number => (number % 4) switch
        {
            0 => $"X-Forwarded-For: {IPv4(number)}, 203.0.113.7\r\n",
            1 => $"X-Forwarded-For: {IPv6(number)}\r\nX-Forwarded-For: 203.0.113.7\r\n",
            2 => $"X-Forwarded-For: {IPv4(number)}, 127.0.0.1, 203.0.113.7\r\nForwarded: for={IPv4(number)}\r\n",
            _ => $"X-Forwarded-For: \"{number}\" ,,nonsense, 203.0.113.7, 127.0.0.1\r\nX-Real-IP: {IPv4(number)}\r\n",
        });

    /// <summary>Sends the requests and prints what came of them.</summary>
    private static async Task FloodAsync(Dictionary<string, string> settings, Func<int, string> headers)
    {
        settings["Chat:Limits:SessionsPerMinutePerIp"] = $"{SessionsPerMinute}";
        await using var redis = await RedisServerProcess.StartAsync("--appendonly", "no");
        await using var nodes = await ChatNodes.StartAsync(redis.Configuration, settings: settings);

        var before = await SendAsync(nodes, headers, 0, WarmUp); // takes all that a minute has at once
        var started = await TimeAsync(nodes);
        var (managedBefore, redisBefore) = await MemoryAsync(nodes);
        var made = await SendAsync(nodes, headers, WarmUp, Requests);
        var elapsed = await TimeAsync(nodes) - started;
        var (managedAfter, redisAfter) = await MemoryAsync(nodes);

        var granted = elapsed.TotalMinutes * SessionsPerMinute;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Requests} requests in {elapsed.TotalSeconds:f1} s under as many addresses: {made} sessions of {granted:f1} granted after the first {before}; "
            + $"managed memory {managedBefore / 1000:n0} -> {managedAfter / 1000:n0} kB, Redis {redisBefore / 1000:n0} -> {redisAfter / 1000:n0} kB."));
        Assert.InRange(made, granted - 1.5, granted + 1.5); // a half for the moments between the last request and the looks at the clock
        Assert.InRange(managedAfter - managedBefore, long.MinValue, MostManagedGrowth);
        Assert.InRange(redisAfter - redisBefore, long.MinValue, MostRedisGrowth);
        Assert.Equal(before + made, await SessionsAsync(nodes));
    }

    /// <summary>How many were answered with a session. All others must have been refused for coming too often.</summary>
    private static async Task<int> SendAsync(ChatNodes nodes, Func<int, string> headers, int first, int count)
    {
        var ct = TestContext.Current.CancellationToken;
        var next = first - Batch;
        var made = 0;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(SendBatchesAsync, ct)));
        return made;

        async Task SendBatchesAsync()
        {
            var server = nodes.NextAddress();
            using var connection = await RawConnection.OpenAsync(server, ct);
            while (Interlocked.Add(ref next, Batch) is var from && from < first + count)
            {
                var requests = new StringBuilder();
                for (var number = from; number < from + Batch; number++)
                {
                    requests.Append(CultureInfo.InvariantCulture, $"POST /api/v1/chat/session HTTP/1.1\r\nHost: chat\r\n{headers(number)}Content-Length: 0\r\n\r\n");
                }

                await connection.SendAsync(requests.ToString(), ct);
                for (var n = 0; n < Batch; n++)
                {
                    var answer = await connection.ReadAsync(isHead: false, ct);
                    Assert.True(answer.Status is 201 or 429, $"{answer}");
                    Interlocked.Add(ref made, answer.Status == 201 ? 1 : 0);
                }
            }
        }
    }

    private static string IPv4(int number) => $"{11 + (number % 100)}.{number >> 16}.{(number >> 8) & 255}.{number & 255}";

    private static string IPv6(int number) => $"2001:db8:{number:x}:{number % 65_536:x}::1";

    private static async Task<TimeSpan> TimeAsync(ChatNodes nodes)
    {
        var time = (string[])(await nodes.Redis.Database.ExecuteAsync("TIME"))!;
        return TimeSpan.FromMicroseconds((long.Parse(time[0], CultureInfo.InvariantCulture) * 1_000_000) + long.Parse(time[1], CultureInfo.InvariantCulture));
    }

    private static async Task<(long Managed, long Redis)> MemoryAsync(ChatNodes nodes)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        var info = (string)(await nodes.Redis.Database.ExecuteAsync("INFO", "memory"))!;
        var used = info.Split("\r\n").Single(line => line.StartsWith("used_memory:", StringComparison.Ordinal)).Split(':')[1];
        return (GC.GetTotalMemory(forceFullCollection: true), long.Parse(used, CultureInfo.InvariantCulture));
    }

    private static async Task<int> SessionsAsync(ChatNodes nodes)
    {
        var count = 0;
        await foreach (var _ in nodes.Redis.Database.Multiplexer.GetServers()[0].KeysAsync(pattern: "chat:{s:*"))
        {
            count++;
        }

        return count;
    }
}
