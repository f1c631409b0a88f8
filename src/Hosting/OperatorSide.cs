namespace Intotes.Chat.Hosting;

/// <summary>
/// An address of their own for operators (<c>Operator__Url</c>). Where it is set, the console and the operators' endpoints are served there only, and an
/// operator's token is taken there only. Everything else is served on both: the console's page uses the chat's endpoints too.
/// </summary>
public static class OperatorSide
{
    private const string Setting = "Operator:Url";

    /// <summary>Where operators are served; null where that is everywhere.</summary>
    public static Uri? Address(IConfiguration configuration) => configuration[Setting] switch
    {
        null or "" => null,
        var url when Uri.TryCreate(url, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", AbsolutePath: "/", Port: > 0 } => address,
        _ => throw new Storage.CannotStartException("Operator__Url must be an http or https address with a port, such as http://127.0.0.1:5081."),
    };

    /// <summary>All addresses to listen on. An operators' port of its own tells the sides apart, so no other address may have it.</summary>
    /// <param name="public">Those of the public, separated by semicolons.</param>
    /// <param name="configuration">The settings.</param>
    public static string With(string @public, IConfiguration configuration)
    {
        if (Address(configuration) is not { } address)
        {
            return @public;
        }

        var others = @public.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(url => BindingAddress.Parse(url).Port)
            .Concat(ManagementExtensions.Address(configuration) is { Port: var port } ? [port] : []);
        return others.Contains(address.Port)
            ? throw new Storage.CannotStartException("Operator__Url must have a port of its own: another address of this service has the same.")
            : $"{@public};{address}";
    }

    /// <summary>On the public side what is the operators' is not there. Comes before the pages.</summary>
    public static WebApplication UseOperatorSide(this WebApplication app)
    {
        if (Address(app.Configuration) is { Port: var port })
        {
            app.Use((http, next) => http.Connection.LocalPort != port && IsOfOperators(http.Request.Path) ? Problem.NotFound.ExecuteAsync(http) : next(http));
        }

        return app;
    }

    /// <summary>Whether the caller is an operator and called on the public side. Comes after authentication.</summary>
    public static bool IsMisplaced(HttpContext http, Uri? address) =>
        address is { Port: var port } && http.Connection.LocalPort != port && (http.User.IsInRole(Access.OperatorRole) || http.User.IsInRole(Access.SupervisorRole));

    private static bool IsOfOperators(PathString path) =>
        path.StartsWithSegments("/operator", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments("/api/v1/operator", StringComparison.OrdinalIgnoreCase);
}
