using System.Diagnostics.Metrics;

namespace Intotes.Chat.Hosting;

/// <summary>The metrics of the chat itself. No label holds a session, a person or a text.</summary>
public sealed class ChatMetrics
{
    public const string MeterName = "Intotes.Chat";

    private static readonly InstrumentAdvice<double> Waits = new() { HistogramBucketBoundaries = [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600] };

    private static readonly BackgroundWork[] Works = Enum.GetValues<BackgroundWork>();
    private static readonly string[] LossReasons = ["full", "share", "failed", "stopped"];

    private readonly Histogram<double> wait;
    private readonly Histogram<double> estimateError;
    private readonly Histogram<double> firstResponse;
    private readonly Counter<long> returned, messages, polls, refused, security;
    private volatile Desk? desk;
    private readonly long[] lost = new long[Works.Length * LossReasons.Length];
    private int ready;

    public ChatMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        wait = meter.CreateHistogram<double>("chat.queue.wait", "s", "Time from the first call until an operator had the session.", null, Waits);
        estimateError = meter.CreateHistogram<double>("chat.queue.estimate.error", "s", "Wait less the wait that was estimated at the call.", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [-600, -120, -60, -30, -10, 0, 10, 30, 60, 120, 600] });
        firstResponse = meter.CreateHistogram<double>("chat.first_response", "s", "Time from the first call to the first answer of an operator.", null, Waits);
        messages = meter.CreateCounter<long>("chat.messages", "{message}", "Messages sent, by sender and outcome.");
        polls = meter.CreateCounter<long>("chat.polls", "{poll}", "Polls of a session, by outcome.");
        refused = meter.CreateCounter<long>("chat.limit.rejections", "{request}", "Requests refused because there were too many, by route.");
        security = meter.CreateCounter<long>("chat.security.events", "{event}", "Refusals and other events that those who guard the service look at, by reason.");
        meter.CreateObservableGauge("chat.queue.depth", () => Queues.Select(q => new Measurement<int>(q.Waiting, Department(q.Department))), "{call}", "Calls that wait and whose visitor is there.");
        meter.CreateObservableGauge(
            "chat.queue.gone", () => Queues.Select(q => new Measurement<int>(q.Gone, Department(q.Department))), "{call}", "Calls whose visitor has not been seen for 90 s.");
        meter.CreateObservableGauge(
            "chat.queue.oldest_wait", () => Queues.Select(q => new Measurement<double>(q.OldestWait.TotalSeconds, Department(q.Department))), "s", "How long the next call has waited.");
        meter.CreateObservableGauge("chat.sessions.active", () => Of(desk?.ActiveSessions), "{session}", "Sessions that an operator has.");
        meter.CreateObservableGauge("chat.operators.online", () => Of(desk?.OperatorsOnline), "{operator}", "Operators that are online.");
        meter.CreateObservableGauge(
            "chat.operators.serving", () => Queues.Select(q => new Measurement<int>(q.OperatorsOnline, Department(q.Department))), "{operator}", "Operators online that serve it.");
        meter.CreateObservableGauge("chat.node.ready", () => Volatile.Read(ref ready), null, "1 while this node says that it can serve, else 0.");
        meter.CreateObservableCounter("chat.background.lost", MeasureLost, "{item}", "Background work that was not done, by kind and reason.");
        returned = meter.CreateCounter<long>("chat.calls.returned", "{call}", "Calls returned to the queue, by reason.");
    }

    public void Claimed(string department, TimeSpan waited, int? estimatedSeconds)
    {
        var label = Department(department);
        wait.Record(waited.TotalSeconds, label);
        if (estimatedSeconds is { } estimate)
        {
            estimateError.Record(waited.TotalSeconds - estimate, label);
        }
    }

    public void Responded(string department, TimeSpan after) =>
        firstResponse.Record(after.TotalSeconds, Department(department));

    /// <param name="sender"><c>visitor</c> or <c>operator</c>.</param>
    /// <param name="outcome"><c>appended</c>, <c>duplicate</c>, or the code of the problem.</param>
    public void Sent(string sender, string outcome) =>
        messages.Add(1, new KeyValuePair<string, object?>("chat.sender", sender), new KeyValuePair<string, object?>("chat.outcome", outcome));

    /// <param name="outcome"><c>news</c>, <c>nothing</c> or <c>refused</c>.</param>
    public void Polled(string outcome) => polls.Add(1, new KeyValuePair<string, object?>("chat.outcome", outcome));

    public void Refused(string? route) => refused.Add(1, new KeyValuePair<string, object?>("http.route", route));

    public void NoteSecurity(string reason) => security.Add(1, new KeyValuePair<string, object?>("chat.reason", reason));

    /// <param name="work">The work that was not done.</param>
    /// <param name="reason"><c>full</c>, <c>failed</c> or <c>stopped</c>.</param>
    public void Lost(BackgroundWork work, string reason) =>
        Interlocked.Increment(ref lost[((int)work * LossReasons.Length) + Array.IndexOf(LossReasons, reason)]);

    /// <summary>How the desk stands now; the gauges show it until the next time.</summary>
    public void Observe(IReadOnlyList<QueueMeasure> queues, int activeSessions, int operatorsOnline) => desk = new Desk(queues, activeSessions, operatorsOnline);

    /// <summary>How the desk stands cannot be known now; the gauges show nothing until the next time.</summary>
    public void ObserveNothing() => desk = null;

    /// <summary>Whether this node is ready; the gauge shows it until the next time.</summary>
    public void Observe(bool isReady) => Volatile.Write(ref ready, isReady ? 1 : 0);

    private IReadOnlyList<QueueMeasure> Queues => desk?.Queues ?? [];

    private static IEnumerable<Measurement<int>> Of(int? value) => value is { } known ? [new Measurement<int>(known)] : [];

    /// <summary>Zeros too, so that a rate is known from the first loss on.</summary>
    private IEnumerable<Measurement<long>> MeasureLost() =>
        from work in Works
        from reason in LossReasons.Index()
        select new Measurement<long>(
            Volatile.Read(ref lost[((int)work * LossReasons.Length) + reason.Index]),
            new("chat.work", work.ToString().ToLowerInvariant()), new KeyValuePair<string, object?>("chat.reason", reason.Item));

    private static KeyValuePair<string, object?> Department(string department) => new("chat.department", department);

    private sealed record Desk(IReadOnlyList<QueueMeasure> Queues, int ActiveSessions, int OperatorsOnline);

    /// <param name="reason"><c>released</c>, <c>transferred</c> or <c>operator_gone</c>.</param>
    public void Returned(string reason) => returned.Add(1, new KeyValuePair<string, object?>("chat.reason", reason));
}

/// <summary>A department's queue at a moment.</summary>
/// <param name="Gone">Calls whose visitor has not been seen for 90 s; they are not among those that wait.</param>
/// <param name="OldestWait">Zero when nobody waits.</param>
/// <param name="OperatorsOnline">Those that serve it; one may serve several.</param>
public readonly record struct QueueMeasure(string Department, int Waiting, int Gone, TimeSpan OldestWait, int OperatorsOnline);
