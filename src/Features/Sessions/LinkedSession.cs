namespace Intotes.Chat.Features.Sessions;

/// <summary>The places outside a linked session that may still name it.</summary>
/// <param name="Department">The queue it may wait in.</param>
/// <param name="OperatorId">The operator that may have it.</param>
public sealed record LinkedSession(string? Department, string? OperatorId);
