// Compares the service with the baseline and prints the table; see bench/README.md. Runs in the repository's folder, by bench/run.
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Compare;
using StackExchange.Redis;

var settings = Settings.Parse(args);
var began = Stopwatch.GetTimestamp();
var folder = Directory.CreateTempSubdirectory("bench-").FullName;
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
try
{
    await using var redisServer = await Server.RedisAsync(folder);
    await using var connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{redisServer.Port},allowAdmin=true,asyncTimeout=60000");
    var machine = Machine.Here(connection);
    await using var baseline = await Server.Baseline(redisServer).ReadyAsync("/nothing");
    await using var service = await Server.Service(redisServer).ReadyAsync("/health/ready");
    var population = new Population(connection.GetDatabase(), service.Url, folder);
    var work = new Work(redisServer, baseline, service, population, settings);
    var nodes = new Nodes(redisServer, population, settings);
    (string Name, Func<Task<Row[]>> Run)[] all =
    [
        ("poll", One(work.PollAsync)), ("poll-jwt", One(work.PollByAccountAsync)), ("send", One(work.SendAsync)), ("history", One(work.HistoryAsync)),
        ("long", One(work.LongSessionsAsync)), ("allocations", One(work.AllocationAsync)), ("round-trips", One(() => work.RoundTripsAsync(connection.GetDatabase()))),
        ("start", One(nodes.StartAsync)), ("two-nodes", One(nodes.TwoAsync)), ("widgets", () => new Widgets(redisServer, population, settings).RunAsync()),
        // Last, because it fills Redis.
        ("many", One(work.ManySessionsAsync)),
    ];
    if (settings.Rows.Except(all.Select(row => row.Name)).FirstOrDefault() is { } unknown)
    {
        await Console.Error.WriteLineAsync($"There is no row {unknown}; there are {string.Join(", ", all.Select(row => row.Name))}.");
        return 2;
    }

    var rows = new List<Row>();
    foreach (var (name, run) in all.Where(row => settings.Rows.Length == 0 || settings.Rows.Contains(row.Name)))
    {
        await Console.Error.WriteLineAsync(Row.Text($"{Stopwatch.GetElapsedTime(began).TotalSeconds:f0} s: {name} ..."));
        var measured = await run();
        rows.AddRange(measured);
        // At once, so that a run that is broken off has not been for nothing.
        Array.ForEach(measured, row => Console.Error.WriteLine(row.Line()));
    }

    Report(machine, rows);
    return 0;
}
finally
{
    Server.StopAll();
    Directory.Delete(folder, recursive: true);
}

static Func<Task<Row[]>> One(Func<Task<Row>> row) => async () => [await row()];

static void End(PosixSignalContext signal)
{
    Server.StopAll();
    Environment.Exit(130);
}

void Report(Machine machine, List<Row> rows)
{
    Console.WriteLine($"{machine}; {settings.Rounds} interleaved rounds of {settings.Seconds} s, medians; µs: processor time per request\n");
    Console.WriteLine("| work | target | baseline | service | ratio | spread of the rounds | processor time | met |\n|---|---|---|---|---|---|---|---|");
    rows.ForEach(row => Console.WriteLine(row.Line()));
    var path = Path.Combine("bench", "results", "latest.json");
    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
    File.WriteAllText(path, JsonSerializer.Serialize(new { machine, settings, rows }, Shape.Indented) + "\n");
    Console.WriteLine(Row.Text($"\n{Stopwatch.GetElapsedTime(began).TotalSeconds:f0} s; everything that was measured: {path}"));
}

internal static class Shape
{
    public static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
