using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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

    /// <summary>
    /// PEM file whose first certificate is that of the CA that signed those of Redis, where the machine does not know that CA. Empty: only
    /// those that it knows are trusted.
    /// </summary>
    public string TrustedIssuer { get; init; } = "";

    /// <summary>How many replicas must have what is acknowledged to a caller; 0: none is waited for.</summary>
    public int WaitReplicas { get; init; }

    /// <summary>How long (ms) one attempt of a call may take, and all of them together.</summary>
    public int AttemptMilliseconds { get; init; } = 500;

    public int TotalMilliseconds { get; init; } = 1100;

    /// <summary>How many polls and histories of a node may be under way at once, in each sixteenth of a Cluster's slots; more wait, so that messages need not.</summary>
    public int ReadsAtOnce { get; init; } = 256;

    /// <summary>How many reads with a large answer (histories, transcripts, lists) a node may have under way at once, in each sixteenth of a Cluster's slots.</summary>
    public int BulkReadsAtOnce { get; init; } = 8;

    /// <summary>Whether these times can be kept together.</summary>
    public bool AreTimesValid => AttemptMilliseconds >= 50 && TotalMilliseconds >= AttemptMilliseconds && TotalMilliseconds <= 10_000;

    /// <summary>Whether the connection string can be one.</summary>
    public bool IsValid => Configuration.Length == 0 || Parsed is { EndPoints.Count: > 0 };

    /// <summary>Whether an issuer that is to be trusted is trusted for something: without TLS nobody would ask for a certificate.</summary>
    public bool IsIssuerOfUse => TrustedIssuer.Length == 0 || Parsed is { Ssl: true };

    /// <summary>Whether the issuer's file, where one is set, can be read and begins with a certificate.</summary>
    public bool HasIssuer
    {
        get
        {
            try
            {
                using var issuer = TrustedIssuer.Length > 0 ? X509CertificateLoader.LoadCertificateFromFile(TrustedIssuer) : null;
                return true;
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    private ConfigurationOptions? Parsed
    {
        get
        {
            try
            {
                return ConfigurationOptions.Parse(Configuration);
            }
            catch (ArgumentException)
            {
                return null;
            }
        }
    }
}

/// <summary>
/// The connections of this process, opened before anything else starts: one for everything, and one for reads with large answers (bulk). Redis being
/// away does not stop the service: the connections are made, and remade, in the background.
/// </summary>
public sealed partial class RedisConnection(IOptions<RedisOptions> options, PrivateRedis privateRedis, ILoggerFactory logs, TimeProvider time)
    : IHostedLifecycleService, IAsyncDisposable
{
    private const int DefaultPort = 6379;

    private readonly ILogger logger = logs.CreateLogger<RedisConnection>();
    private ConnectionMultiplexer? connection, bulk;
    private Sentinels? sentinels;
    private (string Host, int? Port) configured = ("", null);
    private int isLost;

    /// <summary>Writes that replicas must have before they are acknowledged; null where none is waited for.</summary>
    public Replicas? Replicas { get; private set; }

    /// <summary>Whether Redis has let this process in, now or before.</summary>
    public bool HasConnected { get; private set; }

    /// <summary>Where Redis is: the primary that Sentinel names, else as configured, the first of several.</summary>
    public (string Host, int? Port) Address => sentinels?.Primary is { } primary ? ($"{primary.Address}", primary.Port) : configured;

    /// <summary>The connection's commands.</summary>
    public IDatabase Database => Multiplexer.GetDatabase();

    /// <summary>The commands of the bulk connection. A large answer on it delays only other large answers.</summary>
    public IDatabase BulkDatabase => (bulk ?? throw NotStarted).GetDatabase();

    /// <summary>The connection itself, for pub/sub and for its state.</summary>
    public ConnectionMultiplexer Multiplexer => connection ?? throw NotStarted;

    private static InvalidOperationException NotStarted => new("The service has not started yet.");

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var configuration = options.Value.Configuration;
        if (configuration.Length == 0)
        {
            configuration = await privateRedis.StartAsync(options.Value.DataDirectory, cancellationToken);
        }

        var settings = Configure(configuration);
        if (settings.ServiceName is { Length: > 0 } service)
        {
            sentinels = await Sentinels.ConnectAsync(settings, logs.CreateLogger<Sentinels>(), time);
            // One logical server, wherever the Sentinels say that it is.
            settings = settings.Clone();
            settings.EndPoints.Clear();
            settings.EndPoints.Add(new DnsEndPoint(service, DefaultPort));
            (settings.ServiceName, settings.Tunnel) = (null, sentinels);
        }

        var large = settings.Clone();
        // A bulk read has all of its time for one attempt (see RedisResilience).
        large.AsyncTimeout = options.Value.TotalMilliseconds + 200;
        var connectingBulk = ConnectionMultiplexer.ConnectAsync(large);
        connection = await ConnectionMultiplexer.ConnectAsync(settings);
        bulk = await connectingBulk;
        configured = connection.GetEndPoints(configuredOnly: true).FirstOrDefault() switch
        {
            DnsEndPoint named => (named.Host, named.Port),
            IPEndPoint numbered => ($"{numbered.Address}", numbered.Port),
            _ => ("", null),
        };
        connection.ConnectionFailed += (_, failed) => NoteLost(failed.FailureType.ToString());
        connection.ConnectionRestored += (_, _) => NoteRestored();
        if (connection.IsConnected)
        {
            HasConnected = true;
        }
        else
        {
            NoteLost("no server answers, or none lets this service in");
        }

        if (options.Value.WaitReplicas > 0)
        {
            Replicas = new Replicas(await ConnectionMultiplexer.ConnectAsync(settings), connection, options.Value);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (Replicas?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (bulk?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (connection?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (sentinels?.DisposeAsync() ?? ValueTask.CompletedTask);
        await privateRedis.StopAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Each change is said once; the client itself would log every try.</summary>
    private void NoteLost(string why)
    {
        if (Interlocked.Exchange(ref isLost, 1) == 0)
        {
            Log.Lost(logger, why);
        }
    }

    private void NoteRestored()
    {
        HasConnected = true;
        if (Interlocked.Exchange(ref isLost, 0) == 1)
        {
            Log.Restored(logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A connection to Redis is lost: {Why}")]
        public static partial void Lost(ILogger logger, string why);

        [LoggerMessage(LogLevel.Information, "The connection to Redis is there again")]
        public static partial void Restored(ILogger logger);
    }

    /// <summary>
    /// The settings of the connection string, with the timings that the gateway relies on: fail at once while disconnected, notice a loss within a second,
    /// and one that is dead without a word within three.
    /// The client's own commands keep to the permissions of the service's user in docs/redis.md.
    /// </summary>
    private ConfigurationOptions Configure(string configuration)
    {
        // By this CONFIG is never sent. It would tell how soon the server drops an idle connection; none of ours is idle for so long.
        var settings = ConfigurationOptions.Parse($"{configuration},$CONFIG=");
        settings.KeepAlive = 10;
        settings.AbortOnConnectFail = false;
        // No shorter than an attempt. After four of these without a byte the client gives a connection up, as those need that a firewall forgot.
        settings.AsyncTimeout = options.Value.AttemptMilliseconds + 200;
        settings.ConnectTimeout = 1000;
        // By itself the client would wait longer from one try to the next.
        settings.ReconnectRetryPolicy = new LinearRetry(200);
        settings.HeartbeatInterval = TimeSpan.FromMilliseconds(250);
        settings.ConfigCheckSeconds = 5;
        settings.BacklogPolicy = BacklogPolicy.FailFast;
        settings.IncludeDetailInExceptions = false;
        settings.ClientName = "intotes-chat";
        settings.LoggerFactory = logs;
        // A key and a channel outside chat:*, by which clients tell each other which server is the primary. Here each asks the servers.
        settings.TieBreaker = "";
        settings.ConfigurationChannel = "";
        // The client lets only an administrator ask INFO. What else that would be, the service's user may not do.
        settings.AllowAdmin = true;
        // CLIENT SETINFO came with Redis 7.2, and no ACL of an older one may name it.
        settings.SetClientLibrary = false;
        if (options.Value.TrustedIssuer is { Length: > 0 } issuer)
        {
            settings.TrustIssuer(issuer);
        }

        return settings;
    }
}
