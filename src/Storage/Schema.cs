using System.Globalization;

namespace Intotes.Chat.Storage;

/// <summary>
/// The version of what is stored. A newer minor version adds what older nodes pass over; a newer major version is one that they would misread, so a node that
/// does not know it does not start. Where Redis is away at the start, the node starts, and looks as soon as Redis is there.
/// </summary>
public sealed partial class Schema(RedisGateway redis, IHostApplicationLifetime life, TimeProvider time, ILogger<Schema> logger) : IHostedLifecycleService
{
    /// <summary>The schema that this version of the service writes.</summary>
    public const int Major = 1, Minor = 0;

    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);

    /// <exception cref="CannotStartException">The data are of a newer major version.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await RefusalAsync(cancellationToken) is { } refusal)
            {
                throw new CannotStartException(refusal);
            }
        }
        catch (Exception e) when (e is not CannotStartException && !cancellationToken.IsCancellationRequested)
        {
            // Redis is away, or does not let this service in.
            _ = LookAgainAsync(life.ApplicationStopping);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Why this node must not use the data; null where it may.</summary>
    private async Task<string?> RefusalAsync(CancellationToken ct)
    {
        var stored = (string)(await redis.RunAsync(Scripts.check_schema, [Keys.Schema], [Major, Minor], ct))!;
        return int.TryParse(stored.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) && major <= Major
            ? null
            : $"The data in Redis have the schema version '{stored}', and this version of the service knows {Major}: start the newer version of the service, or restore a backup of before.";
    }

    private async Task LookAgainAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                await Task.Delay(BetweenTries, time, stopping);
                try
                {
                    if (await RefusalAsync(stopping) is { } refusal)
                    {
                        Log.Refused(logger, refusal);
                        Environment.ExitCode = 1;
                        life.StopApplication();
                    }

                    return;
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // Redis is still away, or does not let this service in yet.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Critical, "{Refusal}")]
        public static partial void Refused(ILogger logger, string refusal);
    }
}
