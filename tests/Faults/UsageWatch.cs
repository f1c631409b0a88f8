namespace Intotes.Chat.Tests.Faults;

/// <summary>What a service uses while a test goes on, looked at five times a second.</summary>
public sealed class UsageWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly ServiceProcess service;
    private readonly List<Sample> samples = [];
    private readonly long started = TimeProvider.System.GetTimestamp();
    private readonly CancellationTokenSource end = new();
    private readonly Task watching;

    private UsageWatch(ServiceProcess service)
    {
        this.service = service;
        samples.Add(Look());
        watching = WatchAsync();
    }

    /// <summary>One look.</summary>
    /// <param name="At">Since the watch began.</param>
    /// <param name="Megabytes">Resident memory.</param>
    /// <param name="Threads">Of the process.</param>
    /// <param name="Files">Open ones, connections included.</param>
    public readonly record struct Sample(TimeSpan At, double Megabytes, int Threads, int Files)
    {
        public override string ToString() => $"{Megabytes:0} MB, {Threads} threads, {Files} files";
    }

    public TimeSpan Now => TimeProvider.System.GetElapsedTime(started);

    /// <summary>The latest look.</summary>
    public Sample Last => Since(TimeSpan.Zero)[^1];

    /// <summary>Watches from now on.</summary>
    public static UsageWatch Of(ServiceProcess service) => new(service);

    /// <summary>The looks from this time of the watch on.</summary>
    public IReadOnlyList<Sample> Since(TimeSpan time)
    {
        lock (samples)
        {
            return [.. samples.Where(sample => sample.At >= time)];
        }
    }

    /// <summary>The most of each from this time of the watch on.</summary>
    public Sample PeakSince(TimeSpan time)
    {
        var looks = Since(time);
        return new Sample(Now, looks.Max(look => look.Megabytes), looks.Max(look => look.Threads), looks.Max(look => look.Files));
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await watching;
        end.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(end.Token))
            {
                var look = Look();
                lock (samples)
                {
                    samples.Add(look);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private Sample Look()
    {
        var (memory, threads, files) = service.Usage;
        return new Sample(Now, memory / 1_000_000.0, threads, files);
    }
}
