using System.Diagnostics.Metrics;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Hosting;

/// <summary>Work that no answer waits for: its bound, and that no item harms the next.</summary>
public sealed class BackgroundWriterTests : IAsyncDisposable
{
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider time = new();
    private readonly LogWatch logs = new();
    private readonly LoggerFactory loggers;
    private readonly BackgroundWriter writer;
    private readonly ChatMetrics metrics;

    public BackgroundWriterTests()
    {
        metrics = new ChatMetrics(services.GetRequiredService<IMeterFactory>());
        loggers = new LoggerFactory([logs]);
        writer = new BackgroundWriter(metrics, time, loggers.CreateLogger<BackgroundWriter>());
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static StorageUnavailableException Away => new(new TimeoutException());

    public async ValueTask DisposeAsync()
    {
        loggers.Dispose();
        await services.DisposeAsync();
    }

    [Fact]
    public async Task It_holds_a_thousand_items_and_drops_and_counts_what_comes_on_top()
    {
        var (gate, done) = (new TaskCompletionSource(), 0);
        for (var i = 0; i < BackgroundWriter.Most; i++)
        {
            Assert.True(writer.Post(BackgroundWork.Sample, async () =>
            {
                await gate.Task;
                done++;
            }));
        }

        for (var i = 0; i < 5; i++)
        {
            Assert.False(writer.Post(BackgroundWork.Sample, () => Task.CompletedTask));
        }

        Assert.Equal((BackgroundWriter.Most, 5), (writer.Held, Lost("sample", "full")));
        Assert.Single(logs.Unexpected); // one line a second

        await writer.StartAsync(Ct);
        gate.SetResult();
        await writer.IdleAsync();
        Assert.Equal((BackgroundWriter.Most, 0), (done, writer.Held));
        Assert.True(writer.Post(BackgroundWork.Sample, () => Task.CompletedTask));
    }

    [Fact]
    public async Task An_item_that_fails_in_any_way_leaves_the_next_alone()
    {
        await writer.StartAsync(Ct);
        Func<Task>[] bad =
        [
            () => throw new InvalidOperationException("at once"), async () => await Task.FromException(new InvalidOperationException("later")),
            () => Task.FromException(Away), () => Task.FromCanceled(new CancellationToken(true)), () => throw new OperationCanceledException(),
        ];
        foreach (var act in bad)
        {
            Assert.True(writer.Post(BackgroundWork.Note, act));
        }

        await writer.IdleAsync();

        Assert.Equal((0, bad.Length), (writer.Held, Lost("note", "failed")));
    }

    [Fact]
    public async Task An_item_that_never_ends_is_given_up()
    {
        var begun = new TaskCompletionSource();
        await writer.StartAsync(Ct);
        writer.Post(BackgroundWork.Sample, () =>
        {
            begun.SetResult();
            return new TaskCompletionSource().Task;
        });
        var idle = writer.IdleAsync();
        await begun.Task.WaitAsync(Ct);

        while (!idle.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        Assert.Equal(1, Lost("sample", "failed"));
    }

    [Fact]
    public async Task While_redis_is_away_an_item_with_more_attempts_is_tried_again_and_the_others_have_their_turn()
    {
        var (tries, others, back) = (0, 0, new TaskCompletionSource());
        await writer.StartAsync(Ct);
        writer.Post(
            BackgroundWork.Audit,
            () =>
            {
                if (++tries < 3)
                {
                    throw Away;
                }

                back.SetResult();
                return Task.CompletedTask;
            },
            attempts: 3);
        writer.Post(BackgroundWork.Sample, () => Task.FromResult(++others));
        await writer.IdleAsync();
        Assert.Equal((1, 1, 1), (tries, others, writer.Held));

        while (!back.Task.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await writer.IdleAsync();
        Assert.Equal((3, 0, 0), (tries, writer.Held, Lost("audit", "failed")));
        Assert.Empty(logs.Unexpected);
    }

    [Fact]
    public async Task A_stop_does_what_is_held_first_and_takes_no_more()
    {
        var (gate, done) = (new TaskCompletionSource(), 0);
        await writer.StartAsync(Ct);
        writer.Post(BackgroundWork.Sample, () => gate.Task);
        writer.Post(BackgroundWork.Audit, () => Task.FromResult(++done));

        var stopping = writer.StopAsync(Ct);
        Assert.False(writer.Post(BackgroundWork.Audit, () => Task.FromResult(++done)));
        gate.SetResult();
        await stopping;

        Assert.Equal((1, 0, 1), (done, writer.Held, Lost("audit", "stopped")));
    }

    private long Lost(string work, string reason)
    {
        var lost = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "chat.background.lost" && instrument.Meter.Scope == services.GetRequiredService<IMeterFactory>())
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
            lost += tags.ToArray().Select(tag => (string?)tag.Value).SequenceEqual([work, reason]) ? value : 0);
        listener.Start();
        listener.RecordObservableInstruments();
        return lost;
    }
}
