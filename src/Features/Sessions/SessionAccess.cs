namespace Intotes.Chat.Features.Sessions;

/// <summary>A session and by what right a caller enters it; the first two arguments of every session script (see session.lua).</summary>
public readonly record struct SessionAccess(string SessionId, string Kind, string Credential)
{
    public static SessionAccess ByToken(SessionToken token) => new(token.SessionId, "token", token.Digest);

    /// <param name="confirmed">Looked up just now, rather than remembered by this node.</param>
    public static SessionAccess OfAccount(string sessionId, string userId, bool confirmed) =>
        new(sessionId, confirmed ? "confirmed-account" : "account", userId);

    public static SessionAccess OfOperator(string sessionId, Caller.Operator caller) => new(sessionId, "operator", caller.Id);

    public static SessionAccess OfSupervisor(string sessionId) => new(sessionId, "supervisor", "");
}
