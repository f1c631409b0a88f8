using System.Text.Json;
using System.Text.Json.Serialization;
using DemoPlatform;

const string PlayDemo = "--demo";
try
{
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions
    {
        Args = [.. args.Where(argument => argument != PlayDemo)],
        ContentRootPath = AppContext.BaseDirectory,
    });
    var settings = DemoSettings.Read(builder.Configuration);
    var tokens = new Tokens(settings, TimeProvider.System);
    var customers = new Customers(new Market(TimeProvider.System));

    if (args.Contains(PlayDemo))
    {
        using var http = ChatApi.Connect(settings.ChatBaseUrl);
        await new DemoConversation(http, tokens, customers).PlayAsync();
        return 0;
    }

    // In code, because appsettings.json would win over ASPNETCORE_URLS.
    if (string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.ServerUrlsKey]))
        builder.WebHost.UseUrls("http://127.0.0.1:5090");

    builder.Services.AddSingleton(settings).AddSingleton(tokens).AddSingleton(customers);
    builder.Services.AddProblemDetails();
    builder.Services.ConfigureHttpJsonOptions(json =>
    {
        json.SerializerOptions.Converters.Add(new UtcMilliseconds());
        json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower));
    });

    var app = builder.Build();
    app.UseExceptionHandler();
    app.UseStatusCodePages();
    app.UseDefaultFiles();
    app.UseStaticFiles(new StaticFileOptions { OnPrepareResponse = page => page.Context.Response.Headers.CacheControl = "no-cache" });
    app.MapSite();
    app.MapPlatformApi();
    await app.RunAsync();
    return 0;
}
catch (Exception failure) when (failure is DemoException or IOException)
{
    // Kestrel reports a port in use as an IOException that says so in one sentence.
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}
