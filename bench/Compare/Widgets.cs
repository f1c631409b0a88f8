using System.Text.Json.Nodes;

namespace Compare;

/// <summary>The rows of those who wait: what each costs, and when messages reach them.</summary>
internal sealed class Widgets(Server redis, Population population, Settings settings)
{
    private const string Simulator = "bench/Widgets/bin/Release/net10.0/Widgets.dll";

    private const int MessagesPerSecond = 500;

    /// <summary>Resident memory of fresh programs before and while the widgets wait; and with those at the service, how long messages take.</summary>
    public async Task<Row[]> RunAsync()
    {
        var tokens = population.Write(await population.SessionsAsync(settings.Widgets, 1));
        var few = population.Write(await population.SessionsAsync(100, 1));
        var (bare, _) = await HoldAsync(await Server.Baseline(redis).ReadyAsync("/nothing"), few, tokens, 0, 5);
        // Three seconds to grow into the work, which are part of what is measured.
        var (held, result) = await HoldAsync(await Server.Service(redis).ReadyAsync("/health/ready"), few, tokens, MessagesPerSecond, Math.Max(10, settings.Rounds * settings.Seconds));
        var deliveries = result["deliveries"]!;
        var (p50, p99) = ((double?)deliveries["milliseconds"]!["p50"], (double?)deliveries["milliseconds"]!["p99"]);
        var (lost, doubled, refused, astray) = ((int)deliveries["lost"]!, (int)deliveries["doubled"]!, (int)deliveries["refused"]!, (int)deliveries["astray"]!);
        return
        [
            new Row(
                Row.Text($"{settings.Widgets:n0} waiting widgets (events), resident memory each"), "at most 16 KB", Row.Text($"{bare:f1} KB"), Row.Text($"{held:f1} KB"), held / bare, "", null,
                held <= 16, new { bareKilobytes = bare, serviceKilobytes = held }),
            new Row(
                Row.Text($"message to widget, {MessagesPerSecond}/s among those"), "p50 under 5 ms, p99 under 30 ms, none lost", "",
                Row.Text($"p50 {p50:f1} ms, p99 {p99:f1} ms; of {(int)deliveries["sent"]!} lost {lost}, doubled {doubled}, astray {astray}, refused {refused}"), null, "", null,
                p50 < 5 && p99 < 30 && lost == 0 && doubled == 0 && refused == 0 && astray == 0, result),
        ];
    }

    /// <summary>KB for each widget, and what the simulator says at the end.</summary>
    private async Task<(double Kilobytes, JsonNode Result)> HoldAsync(Server server, string few, string tokens, int rate, double seconds)
    {
        await using (server)
        {
            // What the first ones cost is the program's, not theirs.
            await SimulateAsync(server, few, rate > 0 ? 50 : 0, 4, null);
            var before = server.ResidentBytes;
            double kilobytes = 0;
            var result = await SimulateAsync(server, tokens, rate, seconds, async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(2));
                kilobytes = (server.ResidentBytes - before) / 1024.0 / settings.Widgets;
            });
            return (kilobytes, result);
        }
    }

    private static async Task<JsonNode> SimulateAsync(Server server, string tokens, int rate, double seconds, Func<Task>? whenOpen)
    {
        using var simulator = Server.Run("dotnet", Row.Text($"{Simulator} --url {server.Url} --tokens {tokens} --rate {rate} --seconds {seconds}"), [], quiet: false);
        while (await simulator.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == "open")
            {
                await (whenOpen?.Invoke() ?? Task.CompletedTask);
            }
            else if (JsonNode.Parse(line) is { } result)
            {
                await simulator.WaitForExitAsync();
                return result;
            }
        }

        throw new InvalidOperationException("The simulator of widgets ended before it was done.");
    }
}
