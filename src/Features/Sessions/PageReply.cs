namespace Intotes.Chat.Features.Sessions;

/// <summary>The outcome of noting the visitor's page.</summary>
/// <param name="IsClosed">Nothing was noted, because the session is closed.</param>
/// <param name="Grown">Bytes that the address takes more than the last.</param>
public sealed record PageReply(bool IsClosed, int Grown = 0);
