using Intotes.Chat.Hosting;

namespace Intotes.Chat.Features.Sessions;

/// <summary>
/// A session, by what right a caller enters it, and how often it may; the first three arguments of every script that a caller enters
/// by (see session.lua).
/// </summary>
/// <param name="Allowance">"what times-a-minute", then perhaps how many and an id of the request, which counts once, however often the gateway sends it; empty where it was granted already, or nothing is counted.</param>
public readonly record struct SessionAccess(string SessionId, string Kind, string Credential, string Allowance = "")
{
    /// <summary>The field of the session's hash that must hold the credential, as in session.lua.</summary>
    public string Holder => Kind switch
    {
        "token" => "token",
        "operator" => "operator",
        "supervisor" => "status",
        _ => "user",
    };

    /// <summary>Whether the caller may act on the session, by the values of that field and of <c>superseded</c>; what session.lua's <c>may</c> says.</summary>
    public bool Admits(string? holder, string? superseded) =>
        holder is not null && (holder == Credential || Kind == "supervisor") && !(Kind == "account" && superseded is not null);

    /// <summary>The same for so many times, of which all but the last were let in before.</summary>
    public SessionAccess Times(int number) => number > 1 ? this with { Allowance = $"{Allowance} {number}" } : this;

    public static SessionAccess ByToken(SessionToken token) => new(token.SessionId, "token", token.Digest);

    /// <param name="confirmed">Looked up just now, rather than remembered by this node.</param>
    public static SessionAccess OfAccount(string sessionId, string userId, bool confirmed) =>
        new(sessionId, confirmed ? "confirmed-account" : "account", userId);

    public static SessionAccess OfOperator(string sessionId, Caller.Operator caller) => new(sessionId, "operator", caller.Id);

    public static SessionAccess OfSupervisor(string sessionId) => new(sessionId, "supervisor", "");
}
