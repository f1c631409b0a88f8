namespace Intotes.Chat.Features.Sessions;

/// <summary>What a linked session may still be mentioned by.</summary>
/// <param name="Department">The queue it may wait in.</param>
/// <param name="OperatorId">The operator that may have it.</param>
public sealed record LinkedSession(string? Department, string? OperatorId);
