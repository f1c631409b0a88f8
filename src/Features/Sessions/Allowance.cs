namespace Intotes.Chat.Features.Sessions;

/// <summary>A limited kind of request in a session, counted apart for its visitor and its operator.</summary>
public enum Allowance
{
    /// <summary>Messages sent.</summary>
    Messages,

    /// <summary>Messages read: polls, histories, transcripts.</summary>
    Polls,

    /// <summary>Everything else.</summary>
    Actions,
}

public static class AllowanceExtensions
{
    /// <summary>A limit as scripts take it: "what times-a-minute", or empty where nothing is counted.</summary>
    public static string Of(this ChatLimits limits, Allowance what) => (what, what == Allowance.Messages ? limits.MessagesPerMinute : limits.PollsPerMinute) switch
    {
        (_, 0) => "",
        (Allowance.Messages, var limit) => $"messages {limit}",
        (Allowance.Polls, var limit) => $"polls {limit}",
        (_, var limit) => $"actions {limit}",
    };
}
