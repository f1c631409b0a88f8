using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Intotes.Chat.Storage;

/// <summary>Where the data is kept; section <c>Redis</c>.</summary>
public sealed class RedisOptions
{
    /// <summary>A StackExchange.Redis connection string. Empty: a private redis-server in Development, refusal to start elsewhere.</summary>
    public string Configuration { get; init; } = "";

    /// <summary>Folder of the private redis-server's append-only file.</summary>
    public string DataDirectory { get; init; } = ".data/redis";

    /// <summary>Whether the connection string can be one.</summary>
    public bool IsValid
    {
        get
        {
            try
            {
                return Configuration.Length == 0 || ConfigurationOptions.Parse(Configuration).EndPoints.Count > 0;
            }
            catch (ArgumentException)
            {
                return false;
            }
        }
    }
}

/// <summary>
/// The one connection of this process, opened before anything else starts. Redis being away does not stop the service:
/// the connection is made, and remade, in the background.
/// </summary>
public sealed class RedisConnection(IOptions<RedisOptions> options, PrivateRedis privateRedis, ILoggerFactory logs) : IHostedLifecycleService, IAsyncDisposable
{
    private ConnectionMultiplexer? connection;

    /// <summary>The connection's commands.</summary>
    public IDatabase Database => Multiplexer.GetDatabase();

    /// <summary>The connection itself, for pub/sub and for its state.</summary>
    public ConnectionMultiplexer Multiplexer => connection ?? throw new InvalidOperationException("The service has not started yet.");

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var configuration = options.Value.Configuration;
        if (configuration.Length == 0)
        {
            configuration = await privateRedis.StartAsync(options.Value.DataDirectory, cancellationToken);
        }

        connection = await ConnectionMultiplexer.ConnectAsync(Configure(configuration, logs));
    }

    public async ValueTask DisposeAsync()
    {
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }

        await privateRedis.StopAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>What the connection string says, with the timings the gateway counts on: fail at once while disconnected, notice a loss within a second.</summary>
    private static ConfigurationOptions Configure(string configuration, ILoggerFactory logs)
    {
        var settings = ConfigurationOptions.Parse(configuration);
        settings.AbortOnConnectFail = false;
        settings.AsyncTimeout = 1000;
        settings.ConnectTimeout = 1000;
        settings.HeartbeatInterval = TimeSpan.FromMilliseconds(250);
        settings.ConfigCheckSeconds = 5;
        settings.BacklogPolicy = BacklogPolicy.FailFast;
        settings.IncludeDetailInExceptions = false;
        settings.ClientName = "intotes-chat";
        settings.LoggerFactory = logs;
        return settings;
    }
}
