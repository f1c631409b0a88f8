using System.Globalization;
using System.Security.Claims;

namespace Intotes.Chat.Hosting;

/// <summary>The caller of a request, as its credential says. Whether that credential opens a session is decided where the session is.</summary>
public abstract record Caller
{
    private Caller()
    {
    }

    /// <summary>An anonymous visitor. <paramref name="Token"/> is null when what was sent cannot be a token.</summary>
    public sealed record Visitor(SessionToken? Token) : Caller;

    /// <summary>A signed-in customer of the platform.</summary>
    public sealed record Account(string UserId, string? Name) : Caller;

    /// <summary>A person who answers. A supervisor also sees the sessions of others.</summary>
    /// <param name="Id">Its <c>sub</c>.</param>
    /// <param name="Name">Its name, or "Operator".</param>
    /// <param name="IsSupervisor">Whether it is a supervisor.</param>
    /// <param name="Departments">Those that its token grants; null for all.</param>
    public sealed record Operator(string Id, string Name, bool IsSupervisor, IReadOnlyList<string>? Departments = null) : Caller
    {
        /// <summary>Whether its token grants the department. A session that never called is in none.</summary>
        public bool MayServe(string? department) => Departments is null || department is null || Departments.Contains(department);
    }
}

public static class CallerExtensions
{
    /// <summary>Of the year 9999, the last that <see cref="DateTimeOffset"/> knows.</summary>
    private const double LastSecond = 253_402_300_799;

    /// <summary>Reads the caller from the principal; null without any credential.</summary>
    public static Caller? Caller(this ClaimsPrincipal user)
    {
        if (user.FindFirst("sub") is not { Value: var id })
        {
            return user.FindFirst(SessionTokenAuthentication.Claim) is { } token ? new Caller.Visitor(SessionToken.Parse(token.Value)) : null;
        }

        // Something else than a text, such as an object, is no name.
        var name = user.FindFirst("name") is { ValueType: ClaimValueTypes.String or ClaimValueTypes.DateTime } given ? PersonName.Clean(given.Value) : null;
        var isSupervisor = user.IsInRole(Access.SupervisorRole);
        return isSupervisor || user.IsInRole(Access.OperatorRole)
            ? new Caller.Operator(id, name ?? "Operator", isSupervisor, user.GrantedDepartments())
            : new Caller.Account(id, name);
    }

    private static IReadOnlyList<string>? GrantedDepartments(this ClaimsPrincipal user) =>
        user.HasClaim(static claim => claim.Type == Access.DepartmentsClaim)
            ? [.. user.FindAll(Access.DepartmentsClaim).Select(claim => claim.Value).Where(name => name.Length > 0)]
            : null;

    /// <summary>
    /// When the bearer token ends (RFC 7519, <c>exp</c>: any JSON number, so also a fraction, or one beyond the calendar where an issuer writes
    /// milliseconds); null for callers without one.
    /// </summary>
    public static DateTimeOffset? TokenEnds(this ClaimsPrincipal user) =>
        double.TryParse(user.FindFirst("exp")?.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? seconds >= LastSecond ? DateTimeOffset.MaxValue : DateTimeOffset.UnixEpoch.AddSeconds(Math.Max(0, seconds))
            : null;

    /// <summary>The operator, on endpoints that only operators reach.</summary>
    public static Caller.Operator Operator(this ClaimsPrincipal user) => (Caller.Operator)user.Caller()!;
}
