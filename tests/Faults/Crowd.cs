using System.Net;

namespace Intotes.Chat.Tests.Faults;

/// <summary>
/// Writers who hold one conversation after another, and operators who answer them, all at once, while a test breaks things. What they were
/// told is in the ledger; in the end it is compared with what is there.
/// </summary>
public sealed class Crowd(IReadOnlyList<Uri> nodes, int writers = 50, int operators = 10) : IDisposable
{
    private const int MessagesOfConversation = 12;

    private readonly Teller teller = new(nodes);
    private readonly CancellationTokenSource writing = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly CancellationTokenSource answering = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private Task[] writersAtWork = [], operatorsAtWork = [];
    private long nextTurn;

    public Ledger Ledger { get; } = new();

    public Teller Teller => teller;

    /// <summary>How long a writer thinks before its next message.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(40);

    /// <summary>How many messages they send a second, all together, where they should not send as fast as they are answered.</summary>
    public double? MessagesPerSecond { get; init; }

    /// <summary>Each of them has at most one request under way, and so one connection.</summary>
    public int Size => writers + operators;

    /// <summary>Ids of their own for each crowd, so that several may use one Redis.</summary>
    private string Name { get; } = Guid.NewGuid().ToString("N")[..8];

    public void Start()
    {
        nextTurn = TimeProvider.System.GetTimestamp();
        writersAtWork = [.. Enumerable.Range(0, writers).Select(n => UntilAsync(ct => ConverseAsync($"{Name}-w{n}", ct), writing.Token))];
        operatorsAtWork = [.. Enumerable.Range(0, operators).Select(n => UntilAsync(ct => AnswerAsync($"{Name}-op{n}", ct), answering.Token))];
    }

    /// <summary>Returns once so many more messages were acknowledged: faults are to hit work, not the recovery from the last one.</summary>
    public async Task ProgressAsync(int messages)
    {
        var (before, started) = (Ledger.Messages, TimeProvider.System.GetTimestamp());
        while (Ledger.Messages < before + messages)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30), $"Only {Ledger.Messages - before} messages were acknowledged in 30 s.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>How many messages are acknowledged a second, over this time.</summary>
    public async Task<double> SpeedAsync(TimeSpan time)
    {
        var (before, started) = (Ledger.Messages, TimeProvider.System.GetTimestamp());
        await Task.Delay(time, TestContext.Current.CancellationToken);
        return (Ledger.Messages - before) / TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Returns how long it took until so many messages are acknowledged a second; at most 30 s.</summary>
    public async Task<TimeSpan> UntilSpeedAsync(double perSecond)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (await SpeedAsync(TimeSpan.FromMilliseconds(500)) < perSecond)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30), $"In 30 s there were never {perSecond:0} messages a second.");
        }

        return TimeProvider.System.GetElapsedTime(started);
    }

    /// <summary>Lets writers finish what they send, operators answer every call that was acknowledged, and compares.</summary>
    /// <param name="patience">How long operators may take for that; calls unanswered then are reported as such.</param>
    public async Task<Audit> StopAsync(TimeSpan patience)
    {
        await writing.CancelAsync();
        await Task.WhenAll(writersAtWork);
        var auditor = new Auditor(teller, Ledger);
        var started = TimeProvider.System.GetTimestamp();
        var audit = await auditor.CompareAsync();
        while (audit.Unanswered > 0 && TimeProvider.System.GetElapsedTime(started) < patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken);
            audit = await auditor.CompareAsync();
        }

        await answering.CancelAsync();
        await Task.WhenAll(operatorsAtWork);
        audit = await auditor.CompareAsync();
        Assert.Empty(Ledger.Objections);
        Assert.DoesNotContain(Teller.Answers, answer => answer.Status == 500);
        return audit;
    }

    /// <summary>Also ends clients that are still at work, where a test failed on the way.</summary>
    public void Dispose()
    {
        writing.Cancel();
        answering.Cancel();
        teller.Dispose();
        writing.Dispose();
        answering.Dispose();
    }

    private static async Task UntilAsync(Func<CancellationToken, Task> work, CancellationToken end)
    {
        await Task.Yield();
        try
        {
            while (!end.IsCancellationRequested)
            {
                await work(end);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // What was not acknowledged by then does not count.
        }
    }

    /// <summary>One conversation: opened, called, a dozen messages, each sent until it is acknowledged.</summary>
    private async Task ConverseAsync(string writer, CancellationToken ct)
    {
        var opened = await teller.SendAsync("POST", "chat/session", null, null, new { name = writer }, ct);
        if (opened.Status != HttpStatusCode.Created)
        {
            Ledger.ObjectTo($"{writer} was not given a session: {opened.Status} {opened.Code}");
            return;
        }

        var (id, token) = ((string)opened.Body!["sessionId"]!, (string)opened.Body["token"]!);
        Ledger.Opened(id, token);
        for (var n = 1; n <= MessagesOfConversation; n++)
        {
            var clientMessageId = $"{writer}-{n}";
            var said = await teller.SendAsync("POST", "chat/message", null, token, new { text = $"Message {n} of {writer}", clientMessageId }, ct);
            if (said.Status is not (HttpStatusCode.Created or HttpStatusCode.OK))
            {
                return; // closed by its operator; or gone, which the comparison will tell
            }

            Ledger.Acknowledged(id, writer, clientMessageId, (string)said.Body!["id"]!);
            if (n == 2 && (await teller.SendAsync("POST", "chat/session/call-operator", null, token, new { reason = writer }, ct)).Status == HttpStatusCode.OK)
            {
                Ledger.Called(id);
            }

            await PauseAsync(ct);
        }
    }

    /// <summary>Until the next message: a while, or the next turn where the turns of all are evenly spread.</summary>
    private Task PauseAsync(CancellationToken ct) => MessagesPerSecond is null ? Task.Delay(Pause * (0.5 + Random.Shared.NextDouble()), ct) : TurnAsync(ct);

    private Task TurnAsync(CancellationToken ct)
    {
        if (MessagesPerSecond is not { } pace)
        {
            return Task.CompletedTask;
        }

        var turn = Interlocked.Add(ref nextTurn, (long)(TimeProvider.System.TimestampFrequency / pace));
        var early = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), turn);
        return early > TimeSpan.Zero ? Task.Delay(early, ct) : Task.CompletedTask;
    }

    /// <summary>One call: claimed, answered twice, and closed or given back.</summary>
    private async Task AnswerAsync(string name, CancellationToken ct)
    {
        var bearer = Jwt.Issue(name, name, "operator");
        var claimed = await teller.SendAsync("POST", "operator/calls/claim?wait=1", bearer, null, new { clientClaimId = Guid.NewGuid().ToString("N") }, ct);
        if (claimed.Status == HttpStatusCode.Conflict)
        {
            await FinishAllAsync(bearer, ct);
        }

        if (claimed.Status != HttpStatusCode.OK)
        {
            return;
        }

        var sessionId = (string)claimed.Body!["sessionId"]!;
        for (var n = 1; n <= 2; n++)
        {
            await TurnAsync(ct);
            var clientMessageId = Guid.NewGuid().ToString("N");
            var said = await teller.SendAsync("POST", "chat/message", bearer, null, new { text = $"Answer {n} of {name}", clientMessageId, sessionId }, ct);
            if (said.Status is HttpStatusCode.Created or HttpStatusCode.OK)
            {
                Ledger.Acknowledged(sessionId, $"{name} as it joined at {claimed.Body["calledAt"]}", clientMessageId, (string)said.Body!["id"]!);
            }
        }

        var end = Random.Shared.Next(10) == 0 ? "release" : "close";
        await teller.SendAsync("POST", $"operator/sessions/{sessionId}/{end}", bearer, null, null, ct);
    }

    /// <summary>An operator that comes back to more than it takes, as after a fault, ends what it has.</summary>
    private async Task FinishAllAsync(string bearer, CancellationToken ct)
    {
        var mine = await teller.SendAsync("GET", "operator/sessions", bearer, null, null, ct);
        foreach (var session in mine.Body?["sessions"]?.AsArray() ?? [])
        {
            await teller.SendAsync("POST", $"operator/sessions/{session!["sessionId"]}/close", bearer, null, null, ct);
        }
    }
}
