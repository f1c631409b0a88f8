namespace Intotes.Chat.Features.Queue;

/// <summary>A place in the queue of one department.</summary>
/// <param name="Position">1 is served next.</param>
/// <param name="Waiting">How many wait in that queue.</param>
/// <param name="EstimatedWaitSeconds">Null while it cannot be known.</param>
public sealed record QueuePlace(int Position, int Waiting, int? EstimatedWaitSeconds);
