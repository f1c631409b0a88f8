using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using CsCheck;
using Intotes.Chat.Tests.Faults;

namespace Intotes.Chat.Tests.Hosting.Fuzz;

/// <summary>
/// 100,000 requests of all kinds over all endpoints. How long one takes is measured where it is handled, while no other test runs; one that takes longer
/// than a second is not yet a fault, for it may have met a pause of the machine or of the collector. It is sent again, alone, and only if it is as slow then,
/// several times in a row, the service is. A waiting poll may wait as long as it was asked to.
/// </summary>
[Collection(nameof(Alone))]
[Trait("time", "long")]
public sealed class FuzzTests
{
    private const int Clients = 8, TriesAlone = 3;

    /// <summary>Each request is made from this and its number, so that a run can be repeated; <c>CHAT_TEST_FUZZ_SEED</c> names another.</summary>
    private const ulong Seed = 20_261_122;

    /// <summary><c>CHAT_TEST_FUZZ_REQUESTS</c> asks for more, or fewer.</summary>
    private static readonly int Requests = int.TryParse(Environment.GetEnvironmentVariable("CHAT_TEST_FUZZ_REQUESTS"), CultureInfo.InvariantCulture, out var given) ? given : LongForm.Or(400_000, 100_000);

    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Whatever_is_sent_the_service_answers_in_time_and_never_fails()
    {
        var ct = TestContext.Current.CancellationToken;
        var seed = ulong.TryParse(Environment.GetEnvironmentVariable("CHAT_TEST_FUZZ_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Seed;
        await using var node = await FuzzNode.StartAsync();
        var requests = FuzzRequests.To(node.Endpoints);
        var (statuses, faults, slow) = (new ConcurrentDictionary<int, int>(), new ConcurrentQueue<string>(), new ConcurrentQueue<(int Number, TimeSpan Elapsed)>());
        var (next, slowest, started) = (-1, 0L, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => RunAsync(client), ct)));

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{next + 1 - Clients} requests to {node.Endpoints.Count} endpoints in {Stopwatch.GetElapsedTime(started).TotalSeconds:f0} s, seed {seed}: "
            + $"{string.Join(", ", statuses.OrderBy(s => s.Key).Select(s => $"{s.Value} x {s.Key}"))}; slowest {TimeSpan.FromTicks(slowest).TotalMilliseconds:f0} ms, {slow.Count} over a second."));
        using var alone = new FuzzClient(node, Clients);
        foreach (var (number, elapsed) in slow)
        {
            var fastest = TimeSpan.MaxValue;
            for (var n = 0; n < TriesAlone && fastest > Slow; n++)
            {
                fastest = (await alone.SendAsync(Make(number), ct)).Elapsed is var again && again < fastest ? again : fastest;
            }

            Assert.True(fastest < Slow, $"Request {number} of seed {seed} took {elapsed}, and alone {fastest}: {Show(alone.ToBytes(Make(number), out _))}");
        }

        faults = new(faults.Concat(node.Logged));
        Assert.True(faults.IsEmpty, $"{faults.Count} faults, such as:\n{string.Join('\n', faults.Take(20).Select(fault => fault[..Math.Min(fault.Length, 2000)]))}");
        Assert.True(statuses.GetValueOrDefault(200) > Requests / 50 && statuses.GetValueOrDefault(201) > Requests / 1000, "Hardly any request was right.");

        async Task RunAsync(int number)
        {
            using var client = new FuzzClient(node, number);
            while (Interlocked.Increment(ref next) is var request && request < Requests)
            {
                var result = await client.SendAsync(Make(request), ct);
                statuses.AddOrUpdate(result.Status, 1, static (_, count) => count + 1);
                for (var known = Interlocked.Read(ref slowest); result.Elapsed.Ticks > known; known = Interlocked.Read(ref slowest))
                {
                    Interlocked.CompareExchange(ref slowest, result.Elapsed.Ticks, known);
                }

                if (result.Elapsed > Slow)
                {
                    slow.Enqueue((request, result.Elapsed));
                }

                if (result.Fault is { } fault)
                {
                    faults.Enqueue($"Request {request} of seed {seed}: {fault} {(faults.Count < 3 ? await ShortestAsync(client, request) : "")}");
                }
            }
        }

        FuzzRequest Make(int number) => requests.Generate(new PCG((uint)number, seed), null, out _);

        async Task<string> ShortestAsync(FuzzClient client, int number)
        {
            var bytes = client.ToBytes(Make(number), out var name);
            return Show(await Shortest.FindAsync(bytes, async shorter => (await client.SendAsync(shorter, name, isWhole: false, ct)).Fault is not null));
        }
    }

    private static string Show(byte[] bytes) => string.Concat(Encoding.Latin1.GetString(bytes).Select(c => c is '\r' or '\n' || c is >= ' ' and < '\u007f' ? $"{c}" : $"\\x{(int)c:x2}"));
}
