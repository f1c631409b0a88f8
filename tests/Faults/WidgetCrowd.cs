using System.Collections.Concurrent;
using System.Net;

namespace Intotes.Chat.Tests.Faults;

/// <summary>
/// Many widgets that poll, each one pause after its last answer, and a few visitors that send a message every now and then, at one node. Widgets that do
/// not obey come as often as is ordinary, whatever they are told.
/// </summary>
public sealed class WidgetCrowd(Uri node, bool obeys) : IDisposable
{
    /// <summary>What a session that is open is told while there is little to do (ms), give or take a fifth.</summary>
    public const int OrdinaryMs = 6000;

    /// <summary>Widgets wait for a third of what they are told, so that a third of them do.</summary>
    private const int Haste = 3;

    private const int Sessions = 20, Visitors = 4;

    private static readonly TimeSpan BetweenMessages = TimeSpan.FromMilliseconds(400);

    private readonly Teller polling = new([node]), sending = new([node]);
    private readonly ConcurrentQueue<(TimeSpan At, int Pause)> told = new();
    private readonly List<string> tokens = [];

    /// <summary>How many widgets ask for so many polls a second while they are told what is ordinary.</summary>
    public static int Asking(double polls) => (int)(polls * OrdinaryMs / 1000 / Haste);

    /// <summary>What widgets were told, and when.</summary>
    public IReadOnlyCollection<(TimeSpan At, int Pause)> Told => told;

    public IReadOnlyList<(TimeSpan At, TimeSpan Took, int Status)> Sends => sending.Answers;

    public TimeSpan Now => sending.Now;

    /// <summary>How long the polls of the widgets took.</summary>
    public IReadOnlyList<TimeSpan> Polls { get; private set; } = [];

    public async Task OpenAsync()
    {
        for (var n = 0; n < Sessions + Visitors; n++)
        {
            var opened = await polling.SendAsync("POST", "chat/session", null, null, new { name = $"Visitor {n}" }, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Created, opened.Status);
            tokens.Add((string)opened.Body!["token"]!);
        }
    }

    /// <summary>Widgets come one after the other for a while, and all stay for a while; then all are gone. Visitors send all the time.</summary>
    public async Task StayAsync(int widgets, TimeSpan coming, TimeSpan staying)
    {
        var before = polling.Answers.Count;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var polls = Enumerable.Range(0, widgets).Select(n => PollAsync(tokens[n % Sessions], coming * n / widgets, end.Token)).ToList();
        var sends = Enumerable.Range(0, Visitors).Select(n => SendAsync(tokens[Sessions + n], BetweenMessages * n / Visitors, end.Token)).ToList();
        await Task.Delay(coming + staying, end.Token);
        await end.CancelAsync();
        await Task.WhenAll([.. polls, .. sends]);
        Polls = [.. polling.Answers.Skip(before).Select(answer => answer.Took)];
    }

    /// <summary>Polls until it is told what is ordinary, a minute at most; returns how long that took.</summary>
    public async Task<TimeSpan> UntilOrdinaryAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await AskAsync(tokens[0], TestContext.Current.CancellationToken) is not <= OrdinaryMs * 6 / 5)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(1), "The pause told is still not what is ordinary.");
        }

        return TimeProvider.System.GetElapsedTime(began);
    }

    public void Dispose()
    {
        polling.Dispose();
        sending.Dispose();
    }

    private async Task PollAsync(string token, TimeSpan begins, CancellationToken end)
    {
        try
        {
            await Task.Delay(begins, end);
            while (true)
            {
                var pause = await AskAsync(token, end);
                if (pause is { } ms)
                {
                    told.Enqueue((sending.Now, ms));
                }

                var ordinary = OrdinaryMs * (0.8 + (Random.Shared.NextDouble() * 0.4));
                await Task.Delay(TimeSpan.FromMilliseconds((obeys ? pause ?? ordinary : ordinary) / Haste), end);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // It is gone.
        }
    }

    /// <summary>How long to wait; null where it was told nothing.</summary>
    private async Task<int?> AskAsync(string token, CancellationToken ct) =>
        await polling.TryAsync("GET", "chat/poll?after=0-0", null, token, null, ct) is { Status: HttpStatusCode.OK } answer
            ? (int)answer.Body!["nextPollMs"]!
            : null;

    /// <summary>Every message is sent once, at its time if the one before is answered, and what was begun is ended.</summary>
    private async Task SendAsync(string token, TimeSpan begins, CancellationToken end)
    {
        var (started, n) = (sending.Now + begins, 0);
        while (!end.IsCancellationRequested)
        {
            var early = started + (BetweenMessages * n++) - sending.Now;
            await Task.Delay(early > TimeSpan.Zero ? early : TimeSpan.Zero, TestContext.Current.CancellationToken);
            var message = new { text = $"Message {n}", clientMessageId = $"m-{n}" };
            await sending.TryAsync("POST", "chat/message", null, token, message, TestContext.Current.CancellationToken);
        }
    }
}
