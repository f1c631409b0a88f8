namespace Intotes.Chat.Tests.Features.Operators.Race;

/// <summary>Breaks off what an operator's request was doing, as the death of its node would.</summary>
internal sealed class OperatorDied : Exception;

internal enum Moment
{
    Before,
    After,
}

/// <summary>A place between two scripts at which a request can be struck.</summary>
internal sealed record Step(string Script, Moment Moment);

internal static class Steps
{
    /// <summary>Every step of a claim, of a message, of a release, of a transfer and of closing.</summary>
    public static readonly Step[] Deadly =
    [
        .. new[]
        {
            "read_roster", "next_call", "claim_call", "hold_session", "assign_session", "accept_call", "append_message",
            "return_session", "enqueue_call", "transfer_session", "close_session", "drop_call", "end_held",
        }.SelectMany(script => new[] { new Step(script, Moment.Before), new Step(script, Moment.After) }),
    ];

    /// <summary>Where a call is on its way to an operator, or just came to it.</summary>
    public static readonly Step[] OfZombies =
        [new("claim_call", Moment.After), new("hold_session", Moment.After), new("assign_session", Moment.After), new("append_message", Moment.Before)];
}

/// <summary>
/// What strikes one flow of calls at a step, once: at its n-th time there. It follows the flow wherever that awaits, so that many operators
/// can share a node and each meets its own.
/// </summary>
/// <param name="step">Where.</param>
/// <param name="time">The how-manieth time there.</param>
/// <param name="strike">What happens; gets the session that the step is about, if it is about one.</param>
internal sealed class Fate(Step step, int time, Func<string?, Task> strike)
{
    private static readonly AsyncLocal<Fate?> OfThisFlow = new();

    private int left = time;

    /// <summary>The fate of this flow and of what it calls.</summary>
    public static Fate? Current { get => OfThisFlow.Value; set => OfThisFlow.Value = value; }

    public Step Step => step;

    /// <summary>The session it struck at.</summary>
    public string? Session { get; private set; }

    public bool HasStruck { get; private set; }

    /// <summary>It has struck and let go again. While it has not, the gateway's retry may already have done what was stalled.</summary>
    public bool IsOver { get; private set; }

    /// <summary>It will not strike any more.</summary>
    public void Spare() => Volatile.Write(ref left, 0);

    public async Task MeetAsync(string script, Moment moment, string? session)
    {
        if (script == step.Script && moment == step.Moment && Interlocked.Decrement(ref left) == 0)
        {
            (HasStruck, Session) = (true, session);
            await strike(session);
            IsOver = true;
        }
    }
}
