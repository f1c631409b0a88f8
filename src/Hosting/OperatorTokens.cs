using System.Globalization;
using System.Security.Claims;

namespace Intotes.Chat.Hosting;

/// <summary>Further checks of an operator's or a supervisor's bearer token: its departments and its age.</summary>
internal static class OperatorTokens
{
    /// <summary>That of the year 9999.</summary>
    private const long LastSecond = 253_402_300_799;

    /// <summary>
    /// Notes the departments in <see cref="Access.DepartmentsClaim"/>, and brings <c>exp</c> forward to the end of the longest age. Null, or why the token is
    /// not good.
    /// </summary>
    /// <param name="identity">Of a token that is good otherwise.</param>
    /// <param name="jwt">The settings.</param>
    /// <param name="now">The present time.</param>
    public static Exception? Narrow(ClaimsIdentity identity, JwtSettings jwt, DateTimeOffset now)
    {
        // A claim of our own, even if a token has one of the same name.
        foreach (var foreign in identity.FindAll(Access.DepartmentsClaim).ToList())
        {
            identity.RemoveClaim(foreign);
        }

        var isSupervisor = identity.HasClaim(identity.RoleClaimType, Access.SupervisorRole);
        if (!isSupervisor && !identity.HasClaim(identity.RoleClaimType, Access.OperatorRole))
        {
            return null;
        }

        if (jwt.DepartmentsClaim.Length > 0)
        {
            NoteDepartments(identity, jwt.DepartmentsClaim, isSupervisor);
        }

        return jwt.OperatorMaxAgeMinutes > 0 ? Limit(identity, TimeSpan.FromMinutes(jwt.OperatorMaxAgeMinutes), now) : null;
    }

    /// <summary>The <c>exp</c> of an identity in UTC, where it is a number of seconds within the calendar.</summary>
    public static DateTime? Expiry(this ClaimsIdentity identity) =>
        long.TryParse(identity.FindFirst("exp")?.Value, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < LastSecond
            ? DateTime.UnixEpoch.AddSeconds(seconds)
            : null;

    /// <summary>A list in JSON is a claim for each item; in one text names may be separated by spaces or commas, as in OAuth's scopes.</summary>
    private static void NoteDepartments(ClaimsIdentity identity, string claim, bool isSupervisor)
    {
        var named = identity.FindAll(claim).SelectMany(found => found.Value.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)).Distinct().ToList();
        if (named.Count == 0 && !isSupervisor)
        {
            // Without the claim an operator serves no department. The empty name tells it from one that serves all.
            named.Add("");
        }

        identity.AddClaims(named.Select(department => new Claim(Access.DepartmentsClaim, department)));
    }

    private static TokenTooOldException? Limit(ClaimsIdentity identity, TimeSpan longest, DateTimeOffset now)
    {
        if (!double.TryParse(identity.FindFirst("iat")?.Value, CultureInfo.InvariantCulture, out var issued)
            || issued > (now + JwtSettings.Skew).ToUnixTimeSeconds() || issued + longest.TotalSeconds <= (now - JwtSettings.Skew).ToUnixTimeSeconds())
        {
            return new TokenTooOldException();
        }

        var ends = (long)(issued + longest.TotalSeconds);
        if (identity.FindFirst("exp") is { } expiry && !(double.TryParse(expiry.Value, CultureInfo.InvariantCulture, out var given) && given <= ends))
        {
            identity.RemoveClaim(expiry);
            identity.AddClaim(new Claim("exp", ends.ToString(CultureInfo.InvariantCulture), ClaimValueTypes.Integer64));
        }

        return null;
    }
}
