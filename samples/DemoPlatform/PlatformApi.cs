using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DemoPlatform;

/// <summary>What the platform tells the systems that hold its API key: who a customer is and what it traded.</summary>
public static class PlatformApi
{
    private const int DefaultLimit = 50;
    private const int LargestLimit = 500;

    public static void MapPlatformApi(this IEndpointRouteBuilder routes)
    {
        var users = routes.MapGroup("/api/users/{id}").AddEndpointFilter(RequireApiKey);

        users.MapGet("/profile", (string id, Customers customers) =>
            customers.Find(id) is { } customer ? Results.Ok(customer.Profile) : UnknownUser());

        users.MapGet("/trades", (string id, string? limit, Customers customers) =>
        {
            if (customers.Find(id) is not { } customer)
                return UnknownUser();
            if (ReadLimit(limit) is not { } count)
                return Results.ValidationProblem(new Dictionary<string, string[]> { ["limit"] = [$"must be a whole number from 1 to {LargestLimit}"] });
            return Results.Ok(customer.Trades.Take(count));
        });
    }

    private static async ValueTask<object?> RequireApiKey(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        var expected = call.HttpContext.RequestServices.GetRequiredService<DemoSettings>().ApiKey;
        var given = call.HttpContext.Request.Headers["X-Api-Key"].ToString();
        if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected)))
            return await next(call);

        call.HttpContext.Response.Headers.WWWAuthenticate = "ApiKey";
        return Results.Problem(statusCode: StatusCodes.Status401Unauthorized, detail: "Send the platform's key in the header X-Api-Key.");
    }

    private static IResult UnknownUser() =>
        Results.Problem(statusCode: StatusCodes.Status404NotFound, detail: "The platform has no customer of this id.");

    private static int? ReadLimit(string? limit) => limit switch
    {
        null => DefaultLimit,
        _ when int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= LargestLimit => count,
        _ => null,
    };
}
