using Intotes.Chat.Features.Operators;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Intotes.Chat.Tests.Features.Operators.Race;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Intotes.Chat.Tests.Features.Operators.Day;

/// <summary>
/// Plays a day, event by event: a call, the end of a conversation, the start or end of a shift. After each one, operators that have room claim
/// while anybody waits for them, the least busy first.
/// </summary>
internal sealed class DeskDay(IServiceProvider services, FakeTimeProvider time, Call[] calls, Shift[] shifts)
{
    private readonly Desk desk = new(services);
    private readonly DateTimeOffset midnight = time.GetUtcNow();
    private readonly PriorityQueue<Func<Task>, TimeSpan> events = new();
    private readonly List<Call> waiting = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>How often an operator was given somebody although another one that it could take had called earlier.</summary>
    public int Inversions { get; private set; }

    public int Served { get; private set; }

    public async Task PlayAsync()
    {
        foreach (var shift in shifts)
        {
            events.Enqueue(() => SetAsync(shift, isOn: true), TimeSpan.FromHours(shift.Start));
            events.Enqueue(() => SetAsync(shift, isOn: false), TimeSpan.FromHours(shift.End));
        }

        foreach (var call in calls)
        {
            events.Enqueue(() => CallAsync(call), call.At);
        }

        while (events.TryDequeue(out var happen, out var at))
        {
            time.SetUtcNow(midnight + at);
            await happen();
            while (shifts.OrderBy(s => s.Has).FirstOrDefault(s => waiting.Exists(s.CanTake)) is { } free)
            {
                await ClaimAsync(free);
            }

            // Samples are stored at the time of what they observed.
            await services.GetRequiredService<BackgroundWriter>().IdleAsync();
        }
    }

    private async Task SetAsync(Shift shift, bool isOn)
    {
        shift.IsOn = isOn;
        var status = isOn ? PresenceStatus.Online : PresenceStatus.Away;
        await desk.Roster.SetPresenceAsync(shift.Operator, new Presence(status, Shift.Capacity, shift.Departments), Ct);
    }

    /// <summary>As the endpoint does it, on a node that nobody has asked about the queue for a while. The operators' consoles have called meanwhile.</summary>
    private async Task CallAsync(Call call)
    {
        await Task.WhenAll(shifts.Where(s => s.IsOn).Select(s => desk.Roster.SeenAsync(s.Operator, Ct)));
        var visitor = await desk.OpenAsync(Ct);
        call.SessionId = visitor.SessionId;
        var session = (await desk.Sessions.CallOperatorAsync(SessionAccess.ByToken(visitor), call.Department, null, Ct)).Reply!.Session!;
        using var places = ActivatorUtilities.CreateInstance<QueueViews>(services, (TimeProvider)time);
        var pace = (await places.ViewAsync(call.Department, Ct)).Estimate;
        var place = await desk.Queue.EnqueueAsync(call.Department, session.Id, session.CalledAt!.Value, pace, Ct);
        call.EstimatedSeconds = place!.EstimatedWaitSeconds;
        waiting.Add(call);
        Assert.Equal(waiting.Count(w => w.Department == call.Department), place.Position);
    }

    private async Task ClaimAsync(Shift shift)
    {
        var (status, session) = await desk.Claimer.ClaimNextAsync(shift.Operator, null, Ct);
        Assert.Equal(ClaimStatus.Claimed, status);
        var call = waiting.Single(w => w.SessionId == session!.Id);
        if (waiting.Exists(w => w.At < call.At && shift.Departments.Contains(w.Department)))
        {
            Inversions++;
        }

        waiting.Remove(call);
        shift.Has++;
        call.Waited = time.GetUtcNow() - midnight - call.At;
        events.Enqueue(() => EndAsync(shift, call), time.GetUtcNow() - midnight + call.Takes);
    }

    private async Task EndAsync(Shift shift, Call call)
    {
        Assert.NotNull((await desk.Closer.CloseAsync(SessionAccess.OfOperator(call.SessionId, shift.Operator), SystemTexts.ClosedBy(shift.Operator.Name), null, Ct)).Reply);
        shift.Has--;
        Served++;
    }
}
