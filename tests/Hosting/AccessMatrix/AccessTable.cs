using System.Globalization;

namespace Intotes.Chat.Tests.Hosting.AccessMatrix;

/// <summary>A line of the table.</summary>
/// <param name="State">How the sessions stand before the call.</param>
/// <param name="Answers">By column: status and problem code.</param>
public sealed record AccessRow(string Method, string Route, string State, IReadOnlyDictionary<string, (int Status, string? Code)> Answers)
{
    public string Endpoint => $"{Method} {Route}";

    public override string ToString() => $"{Endpoint} ({State})";
}

/// <summary>
/// Who may do what: each endpoint, each kind of caller, and the answer. The letter behind a status is its problem code (see <see cref="Codes"/>).
/// <list type="bullet">
/// <item>none: no credential</item>
/// <item>dead: a session token that is expired, revoked by linking, by erasure, or forged</item>
/// <item>visitor, cookie: the anonymous owner of a session, by header and by cookie</item>
/// <item>account: a signed-in customer, whose session the call names where it names one</item>
/// <item>stranger, other: a visitor and an account with sessions of their own, who name that of the account</item>
/// <item>new: an account without a session: it never had one, it expired, it was erased</item>
/// <item>operator, holder: one that does not hold the sessions and one that does (where they wait: did; where they are closed: closed them)</item>
/// <item>super: a supervisor, who holds neither</item>
/// <item>badjwt: a bearer token that is forged in any way or expired, with a good session token and the platform's key beside it</item>
/// <item>key, wrongkey: the platform by its <c>X-Api-Key</c>, and one who does not know it</item>
/// <item>claims: an account whose bearer token claims the role "platform"; it has a session</item>
/// </list>
/// </summary>
public static class AccessTable
{
    private const string Text = """
        method route                                          state   none dead visitor cookie account stranger other new  operator holder super badjwt key  wrongkey claims
        POST   /api/v1/chat/session                           active  201  201  200     200    200     200      200   201  403f     403f   403f  401t   201  201      200
        DELETE /api/v1/chat/session                           active  404s 401s 204     204    204     204      204   404s 403f     403f   403f  401t   404s 404s     204
        POST   /api/v1/chat/session/call-operator             active  404s 401s 200     200    200     200      200   404s 403f     403f   403f  401t   404s 404s     200
        POST   /api/v1/chat/session/close                     active  404s 401s 200     200    200     200      200   404s 403f     403f   403f  401t   404s 404s     200
        POST   /api/v1/chat/session/page                      active  404s 401s 204     204    204     204      204   404s 403f     403f   403f  401t   404s 404s     204
        POST   /api/v1/chat/session/rating                    closed  404s 401s 204     204    204     204      204   404s 403f     403f   403f  401t   404s 404s     204
        GET    /api/v1/chat/session/transcript                active  404s 401s 200     200    200     200      200   404s 403f     403f   403f  401t   404s 404s     200
        GET    /api/v1/chat/session/transcript                closed  404s 401s 200     200    200     200      200   404s 403f     403f   403f  401t   404s 404s     200
        POST   /api/v1/chat/message                           active  404s 401s 201     201    201     201      201   404s 403n     201    403n  401t   404s 404s     201
        POST   /api/v1/chat/message                           waiting 404s 401s 201     201    201     201      201   404s 403n     403n   403n  401t   404s 404s     201
        POST   /api/v1/chat/typing                            active  404s 401s 204     204    204     204      204   404s 403n     204    403n  401t   404s 404s     204
        POST   /api/v1/chat/read                              active  404s 401s 204     204    204     204      204   404s 403n     204    403n  401t   404s 404s     204
        GET    /api/v1/chat/history                           active  404s 401s 200     200    200     200      200   404s 403n     200    403n  401t   404s 404s     200
        GET    /api/v1/chat/history                           waiting 404s 401s 200     200    200     200      200   404s 403n     403n   403n  401t   404s 404s     200
        GET    /api/v1/chat/events                            active  404s 401s 200     200    200     200      200   404s 403n     200    403n  401t   404s 404s     200
        GET    /api/v1/chat/poll                              active  404s 401s 200     200    200     200      200   404s 403n     200    403n  401t   404s 404s     200
        GET    /api/v1/chat/availability                      active  200  200  200     200    200     200      200   200  200      200    200   401t   200  200      200
        POST   /api/v1/accounts/erase                         active  401t 401t 401t    401t   403f    401t     403f  403f 403f     403f   200   401t   200  401t     403f
        PUT    /api/v1/operator/presence                      active  401t 401t 401t    401t   403f    401t     403f  403f 200      200    200   401t   401t 401t     403f
        GET    /api/v1/operator/calls                         waiting 401t 401t 401t    401t   403f    401t     403f  403f 200      200    200   401t   401t 401t     403f
        POST   /api/v1/operator/calls/claim                   waiting 401t 401t 401t    401t   403f    401t     403f  403f 200      200    200   401t   401t 401t     403f
        POST   /api/v1/operator/calls/claim                   active  401t 401t 401t    401t   403f    401t     403f  403f 409a     200    409a  401t   401t 401t     403f
        GET    /api/v1/operator/sessions                      active  401t 401t 401t    401t   403f    401t     403f  403f 200      200    200   401t   401t 401t     403f
        GET    /api/v1/operator/poll                          active  401t 401t 401t    401t   403f    401t     403f  403f 200      200    200   401t   401t 401t     403f
        GET    /api/v1/operator/operators                     active  401t 401t 401t    401t   403f    401t     403f  403f 200      200    200   401t   401t 401t     403f
        GET    /api/v1/operator/sessions/{sessionId}          open    401t 401t 401t    401t   403f    401t     403f  403f 404s     404s   200   401t   401t 401t     403f
        GET    /api/v1/operator/sessions/{sessionId}          waiting 401t 401t 401t    401t   403f    401t     403f  403f 200      200    200   401t   401t 401t     403f
        GET    /api/v1/operator/sessions/{sessionId}          active  401t 401t 401t    401t   403f    401t     403f  403f 404s     200    200   401t   401t 401t     403f
        GET    /api/v1/operator/sessions/{sessionId}          closed  401t 401t 401t    401t   403f    401t     403f  403f 404s     200    200   401t   401t 401t     403f
        GET    /api/v1/operator/sessions/{sessionId}/customer waiting 401t 401t 401t    401t   403f    401t     403f  403f 200      200    200   401t   401t 401t     403f
        GET    /api/v1/operator/sessions/{sessionId}/customer active  401t 401t 401t    401t   403f    401t     403f  403f 404s     200    200   401t   401t 401t     403f
        POST   /api/v1/operator/sessions/{sessionId}/notes    waiting 401t 401t 401t    401t   403f    401t     403f  403f 201      201    201   401t   401t 401t     403f
        POST   /api/v1/operator/sessions/{sessionId}/notes    active  401t 401t 401t    401t   403f    401t     403f  403f 404s     201    201   401t   401t 401t     403f
        POST   /api/v1/operator/sessions/{sessionId}/release  active  401t 401t 401t    401t   403f    401t     403f  403f 403n     200    403n  401t   401t 401t     403f
        POST   /api/v1/operator/sessions/{sessionId}/transfer active  401t 401t 401t    401t   403f    401t     403f  403f 403n     200    403n  401t   401t 401t     403f
        POST   /api/v1/operator/sessions/{sessionId}/close    active  401t 401t 401t    401t   403f    401t     403f  403f 403n     200    403n  401t   401t 401t     403f
        POST   /api/v1/operator/sessions/{sessionId}/close    waiting 401t 401t 401t    401t   403f    401t     403f  403f 403n     403n   403n  401t   401t 401t     403f
        POST   /api/v1/operator/sessions/{sessionId}/block    active  401t 401t 401t    401t   403f    401t     403f  403f 403n     204    204   401t   401t 401t     403f
        GET    /api/v1/operator/canned-replies                active  401t 401t 401t    401t   403f    401t     403f  403f 200      200    200   401t   401t 401t     403f
        POST   /api/v1/operator/canned-replies                active  401t 401t 401t    401t   403f    401t     403f  403f 201      201    201   401t   401t 401t     403f
        PUT    /api/v1/operator/canned-replies/{shortcut}     active  401t 401t 401t    401t   403f    401t     403f  403f 200      200    200   401t   401t 401t     403f
        DELETE /api/v1/operator/canned-replies/{shortcut}     active  401t 401t 401t    401t   403f    401t     403f  403f 204      204    204   401t   401t 401t     403f
        GET    /api/v1/operator/anonymous                     active  401t 401t 401t    401t   403f    401t     403f  403f 403f     403f   200   401t   401t 401t     403f
        PUT    /api/v1/operator/anonymous                     active  401t 401t 401t    401t   403f    401t     403f  403f 403f     403f   200   401t   401t 401t     403f
        GET    /api/v1/operator/stats                         active  401t 401t 401t    401t   403f    401t     403f  403f 200      200    200   401t   401t 401t     403f
        GET    /api/v1/operator/audit                         active  401t 401t 401t    401t   403f    401t     403f  403f 403f     403f   200   401t   401t 401t     403f
        ANY    /health/live                                   open    200  200  200     200    200     200      200   200  200      200    200   401t   200  200      200
        ANY    /health/ready                                  open    200  200  200     200    200     200      200   200  200      200    200   401t   200  200      200
        ANY    /health/startup                                open    200  200  200     200    200     200      200   200  200      200    200   401t   200  200      200
        GET    /openapi/v1.json                               open    200  200  200     200    200     200      200   200  200      200    200   401t   200  200      200
        GET    /docs/{documentName?}                          open    200  200  200     200    200     200      200   200  200      200    200   401t   200  200      200
        GET    /docs/scalar.js                                open    200  200  200     200    200     200      200   200  200      200    200   401t   200  200      200
        GET    /docs/favicon.svg                              open    200  200  200     200    200     200      200   200  200      200    200   401t   200  200      200
        GET    /docs/scalar.aspnetcore.js                     open    200  200  200     200    200     200      200   200  200      200    200   401t   200  200      200
        GET    /_test_url_cache_                              open    404n 404n 404n    404n   404n    404n     404n  404n 404n     404n   404n  401t   404n 404n     404n
        """;

    /// <summary>Those that need no credential. All others need one, by a policy that they name.</summary>
    public static readonly string[] Anonymous =
    [
        "POST /api/v1/chat/session", "GET /api/v1/chat/availability", "ANY /health/live", "ANY /health/ready", "ANY /health/startup", "GET /openapi/v1.json",
        "GET /docs/{documentName?}", "GET /docs/scalar.js", "GET /docs/scalar.aspnetcore.js", "GET /docs/favicon.svg",
    ];

    /// <summary>Those that say nothing of who may call, so that nobody may: FastEndpoints maps one for tests of its users, wherever it runs.</summary>
    public static readonly string[] OfNobody = ["GET /_test_url_cache_"];

    private static readonly Dictionary<string, string> Codes = new()
    {
        ["401t"] = "invalid_token", ["401s"] = "invalid_session_token", ["403f"] = "forbidden", ["403n"] = "not_assigned", ["404s"] = "session_not_found",
        ["404n"] = "not_found", ["409a"] = "already_claimed",
    };

    private static readonly string[][] Lines = [.. Text.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    public static readonly IReadOnlyList<string> Columns = Lines[0][3..];

    public static readonly IReadOnlyList<AccessRow> Rows = [.. Lines.Skip(1).Select(Row)];

    private static AccessRow Row(string[] cells)
    {
        Assert.Equal(Columns.Count + 3, cells.Length);
        return new AccessRow(cells[0], cells[1], cells[2], Columns.Zip(cells.Skip(3)).ToDictionary(cell => cell.First, cell => Answer(cell.Second)));
    }

    private static (int, string?) Answer(string cell) => (int.Parse(cell[..3], CultureInfo.InvariantCulture), cell.Length == 3 ? null : Codes[cell]);
}
