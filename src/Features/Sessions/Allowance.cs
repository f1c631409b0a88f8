namespace Intotes.Chat.Features.Sessions;

/// <summary>What is limited in a session, for its visitor and, counted apart, for its operator.</summary>
public enum Allowance
{
    /// <summary>Messages sent.</summary>
    Messages,

    /// <summary>Messages read: polls, histories, transcripts.</summary>
    Polls,

    /// <summary>Everything else.</summary>
    Actions,
}
