using Intotes.Chat.Features;
using Intotes.Chat.Features.Messages;
using Intotes.Chat.Hosting;
using Intotes.Chat.Storage;

return await StartExtensions.RunAsync(args, static args =>
{
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    builder.Configuration.AddSecretFiles();
    builder.WebHost.UseServer(builder.Configuration);
    builder.Services.AddSingleton(TimeProvider.System);
    builder.Services.AddStorage(builder.Configuration);
    builder.Services.AddTelemetry(builder.Configuration);
    builder.Services.AddManagement(builder.Configuration);
    builder.Services.AddProxies(builder.Configuration);
    builder.Services.AddBrowserRules(builder.Configuration, builder.Environment);
    builder.Services.AddPages();
    builder.Services.AddAccess(builder.Configuration, builder.Environment);
    builder.Services.AddFeatures(builder.Configuration);
    builder.Services.AddApi();
    builder.Services.AddHealth();
    builder.Services.AddDrain(builder.Configuration);
    builder.Services.AddApiDescription();

    var app = builder.Build();
    app.UseManagement();
    app.UseProxies();
    app.UseDrain();
    app.UseProblems();
    app.UseBrowserRules();
    app.UseLenientRouting().UseClientLimits();
    app.UseMiddleware<PlainPollMiddleware>();
    app.UseStatusProblems();
    app.UsePages();
    app.UseAccess();
    app.UseApi();
    app.UseHealth();
    app.UseApiDescription();
    return app;
});
