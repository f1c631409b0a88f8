namespace Intotes.Chat.Features.Sessions;

public enum RatingStatus
{
    Rated,
    NotClosed,
    NotAnswered,
}

/// <param name="Department">The one it was called in, if it was.</param>
public sealed record RatingReply(RatingStatus Status, string? Department);
