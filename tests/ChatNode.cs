using Intotes.Chat.Tests.Redis;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Intotes.Chat.Tests;

/// <summary>
/// One node of the service, on Kestrel behind a real socket, over a Redis of the test's choice, as the user that docs/redis.md gives the service. All nodes of the process are set up alike but
/// for what a test asks, because FastEndpoints' configuration is the process's.
/// </summary>
public sealed class ChatNode : WebApplicationFactory<Program>
{
    private readonly string redis;
    private readonly ILoggerProvider logs;
    private readonly IReadOnlyDictionary<string, string> settings;
    private readonly Action<IServiceCollection> change;

    /// <param name="redis">The connection string of the tests, who are another user.</param>
    /// <param name="logs">Takes what the node logs.</param>
    /// <param name="settings">Besides those all nodes have.</param>
    /// <param name="change">Replaces services.</param>
    public ChatNode(string redis, ILoggerProvider logs, IReadOnlyDictionary<string, string>? settings = null, Action<IServiceCollection>? change = null)
    {
        (this.redis, this.logs, this.settings, this.change) = (redis, logs, settings ?? new Dictionary<string, string>(), change ?? (_ => { }));
        UseKestrel();
    }

    public Uri Address => ClientOptions.BaseAddress;

    /// <summary>A node that has started.</summary>
    public static ChatNode Start(string redis, ILoggerProvider logs, IReadOnlyDictionary<string, string>? settings = null, Action<IServiceCollection>? change = null)
    {
        var node = new ChatNode(redis, logs, settings, change);
        node.StartServer();
        return node;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Development");
        // Not by UseKestrel(port), which sets it while Program may already be starting the server.
        builder.UseSetting(WebHostDefaults.ServerUrlsKey, "http://127.0.0.1:0");
        builder.UseSetting("Redis:Configuration", ServiceUser.Connecting(redis));
        builder.UseSetting("Chat:Departments:0", "support");
        builder.UseSetting("Chat:Departments:1", "billing");
        // Tests do in a second what a caller does in an hour; those of the limits set them.
        foreach (var limit in (string[])["MessagesPerMinute", "PollsPerMinute", "SessionsPerMinutePerIp", "FailuresPerMinutePerIp", "MessagesPerMinutePerIp", "RequestsPerMinutePerIp", "WaitingCallsPerIp", "BytesPerHourPerIp", "BytesPerSession"])
        {
            builder.UseSetting("Chat:Limits:" + limit, "0");
        }

        // All nodes share the files that this process may open; what is said of that is for tests of its own.
        builder.UseSetting("Server:MaxConnections", "15000");
        foreach (var (name, value) in settings)
        {
            builder.UseSetting(name, value);
        }

        builder.ConfigureTestServices(change);
        builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(logs));
    }
}
