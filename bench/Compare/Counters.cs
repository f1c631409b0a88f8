using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using StackExchange.Redis;

namespace Compare;

/// <summary>What programs say of themselves.</summary>
internal static partial class Counters
{
    /// <param name="url">Where it is said.</param>
    /// <param name="metric">Its name in the text format of Prometheus; null where the answer is the number alone.</param>
    /// <param name="label">A label and its value, where there are several.</param>
    public static async Task<double> ReadAsync(Uri url, string? metric, string label = "")
    {
        // The exporter repeats its last answer for 300 ms.
        await Task.Delay(400);
        using var client = new HttpClient();
        var text = await client.GetStringAsync(url);
        var number = metric is null ? text
            : text.Split('\n').FirstOrDefault(line => line.StartsWith(metric, StringComparison.Ordinal) && line.Length > metric.Length && line[metric.Length] is ' ' or '{' && line.Contains(label, StringComparison.Ordinal)) is { } line
                ? line[(line.LastIndexOf('}') is > 0 and var brace ? brace + 2 : metric.Length + 1)..].Split(' ')[0]
            : label.Length > 0 ? "0"
            : throw new InvalidOperationException($"There is no {metric} at {url}.");
        return double.Parse(number, CultureInfo.InvariantCulture);
    }

    /// <summary>The commands that clients send while something runs and that name one of these sessions, in order; not what scripts call.</summary>
    public static async Task<List<string>> CommandsAsync(IDatabase redis, Func<Task> run, HashSet<string> sessions)
    {
        var seen = new List<string>();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)redis.Multiplexer.GetEndPoints()[0]);
        await using var stream = client.GetStream();
        using var lines = new StreamReader(stream);
        await stream.WriteAsync("MONITOR\r\n"u8.ToArray());
        await lines.ReadLineAsync();
        var marker = Guid.NewGuid().ToString();
        var reading = ReadAsync();
        await run();
        await redis.PingAsync();
        await redis.ExecuteAsync("ECHO", marker);
        await reading;
        return seen;

        async Task ReadAsync()
        {
            while (await lines.ReadLineAsync() is { } line && !line.Contains(marker, StringComparison.Ordinal))
            {
                // +1795355178.458012 [0 127.0.0.1:51234] "EVALSHA" "5d41..." "4" "chat:{s:..." ...; [0 lua] for what a script calls.
                if (Command().Match(line) is { Success: true } command && Session().Match(line) is { Success: true } named && sessions.Contains(named.Groups[1].Value))
                {
                    seen.Add(command.Groups[1].Value.ToUpperInvariant());
                }
            }
        }
    }

    /// <summary>How often the three reads of a poll come one behind the other, as where they are sent together.</summary>
    public static int ReadsOfPolls(List<string> commands)
    {
        var found = 0;
        for (var n = 0; n + 2 < commands.Count; n++)
        {
            if (commands[n..(n + 3)] is ["HMGET", "XRANGE", "EXISTS"])
            {
                found++;
                n += 2;
            }
        }

        return found;
    }

    [GeneratedRegex("""^\+[\d.]+ \[\d+ (?!lua\])[^\]]+\] "(\w+)" """)]
    private static partial Regex Command();

    [GeneratedRegex(@"chat:\{s:([\w-]{22})\}")]
    private static partial Regex Session();
}
