namespace Intotes.Chat.Storage;

/// <summary>Composes the storage: connection, resilience, notifications.</summary>
public static class StorageExtensions
{
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RedisOptions>().Bind(configuration.GetSection("Redis"))
            .Validate(o => o.IsValid, "Redis__Configuration must be a StackExchange.Redis connection string, such as \"redis.internal:6379\".")
            .Validate(o => o.HasIssuer, "Redis__TrustedIssuer must be a readable PEM file with the certificate of the CA that signed those of Redis.")
            .Validate(o => o.IsIssuerOfUse, "Redis__TrustedIssuer is for TLS: add ssl=true to Redis__Configuration.")
            .Validate(o => o.WaitReplicas is >= 0 and <= 10, "Redis__WaitReplicas must be 0 to 10.")
            .Validate(o => o.AreTimesValid, "Redis__AttemptMilliseconds must be 50 or more, and Redis__TotalMilliseconds no less than that and 10000 at most.")
            .Validate(o => o.ReadsAtOnce is >= 8 and <= 100_000, "Redis__ReadsAtOnce must be 8 to 100000.")
            .Validate(o => o.BulkReadsAtOnce is >= 1 and <= 1000, "Redis__BulkReadsAtOnce must be 1 to 1000.")
            .ValidateOnStart();
        services.AddOptions<AuditOptions>().Bind(configuration.GetSection("Audit"))
            .Validate(o => o.IsValid, "Audit__Days must be 1 to 3650, and Audit__EntriesPerDay 100 to 10000000.")
            .Validate(o => o.IsSizeValid, "Audit__MaxMegabytes must be 1 to 1000000.").ValidateOnStart();
        services.AddSingleton<PrivateRedis>();
        services.AddSingleton<RedisConnection>().AddHostedService(provider => provider.GetRequiredService<RedisConnection>());
        services.AddHostedService<Schema>();
        services.AddSingleton<RedisResilience>().AddSingleton<RedisGateway>().AddSingleton<ChannelSubscriptions>().AddSingleton<SharedRateLimits>().AddSingleton<AuditStore>().AddSingleton<AuditSize>();
        services.AddSingleton<RedisMemory>().AddSingleton<RedisServers>().AddSingleton<DataSetMarks>();
        return services;
    }
}
