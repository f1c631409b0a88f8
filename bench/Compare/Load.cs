using System.Globalization;
using System.Text.RegularExpressions;

namespace Compare;

/// <param name="Rate">Answers a second.</param>
/// <param name="Micros">Processor time of the server for each, in µs.</param>
internal sealed record Round(long Requests, double Rate, double Micros);

/// <summary>One of two that are compared: a server, and a file of the requests that it gets.</summary>
internal sealed record Side(Server Server, string Requests);

/// <summary>Rounds of wrk, a closed loop: as many requests as are answered, over 64 connections.</summary>
internal static partial class Load
{
    private const int Connections = 64;

    /// <summary>Runs both in turn, and who comes first changes, so that other work of the machine meets both alike.</summary>
    public static async Task<(Round[] First, Round[] Second)> InterleaveAsync(Side first, Side second, int rounds, double seconds)
    {
        await WarmUpAsync(first);
        await WarmUpAsync(second);
        var (ofFirst, ofSecond) = (new Round[rounds], new Round[rounds]);
        for (var i = 0; i < rounds; i++)
        {
            if (i % 2 == 0)
            {
                ofFirst[i] = await RunAsync(first, seconds);
                ofSecond[i] = await RunAsync(second, seconds);
            }
            else
            {
                ofSecond[i] = await RunAsync(second, seconds);
                ofFirst[i] = await RunAsync(first, seconds);
            }
        }

        return (ofFirst, ofSecond);
    }

    /// <summary>Until everything that is used is compiled for good, which counts calls; and no longer than half a minute.</summary>
    public static async Task WarmUpAsync(Side side)
    {
        var requests = 0L;
        for (var rounds = 0; rounds < 15 && requests < 30_000; rounds++)
        {
            requests += (await RunAsync(side, 2)).Requests;
        }
    }

    /// <exception cref="InvalidOperationException">Anything was answered but 2xx, or not at all: then the figures mean nothing.</exception>
    public static async Task<Round> RunAsync(Side side, double seconds)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "requests.lua");
        var whole = Math.Max(1, (int)Math.Round(seconds));
        var before = side.Server.ProcessorTime;
        using var wrk = Server.Run("wrk", $"-t1 -c{Connections} --timeout 10s -d{whole}s -s {script} {side.Server.Url} -- {side.Requests}", [], quiet: true);
        var said = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        var spent = side.Server.ProcessorTime - before;
        if (Answered().Match(said) is not { Success: true } answered || said.Contains("Non-2xx", StringComparison.Ordinal) || said.Contains("Socket errors", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"Not everything was answered:\n{said}{await wrk.StandardError.ReadToEndAsync()}");
        }

        var (count, rate) = (long.Parse(answered.Groups[1].ValueSpan, CultureInfo.InvariantCulture), double.Parse(Rate().Match(said).Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        return new Round(count, rate, spent.TotalMicroseconds / count);
    }

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Answered();

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();
}
