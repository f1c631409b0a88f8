namespace DemoPlatform;

/// <summary>What the pages of the site call: signing in without a password, and the signed-in customer's own account.</summary>
public static class Site
{
    private const int TradesShown = 20;

    public static void MapSite(this IEndpointRouteBuilder routes)
    {
        var site = routes.MapGroup("").AddEndpointFilter(NeverStored);

        site.MapGet("/token/{who}", (string who, Tokens tokens) => People.Find(who) is { } person
            ? Results.Text(tokens.For(person))
            : Results.Problem(
                statusCode: StatusCodes.Status404NotFound,
                detail: $"Nobody of this name can sign in; try {string.Join(", ", People.All.Select(known => known.Id))}."));

        site.MapGet("/site", (Customers customers, DemoSettings settings) => new
        {
            People = People.All,
            ChatBaseUrl = settings.ChatBaseUrl.ToString().TrimEnd('/'),
            customers.Market.Instruments,
        });

        site.MapGet("/account", async (HttpRequest request, Tokens tokens, Customers customers) =>
        {
            if (await tokens.SubjectOfAsync(request.Headers.Authorization) is not { } subject)
                return Results.Problem(statusCode: StatusCodes.Status401Unauthorized, detail: "Sign in first.");
            return customers.Find(subject) is { } customer
                ? Results.Ok(customer with { Trades = [.. customer.Trades.Take(TradesShown)] })
                : Results.Problem(statusCode: StatusCodes.Status404NotFound, detail: "You have no trading account.");
        });
    }

    private static ValueTask<object?> NeverStored(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        call.HttpContext.Response.Headers.CacheControl = "no-store";
        return next(call);
    }
}
