namespace Intotes.Chat.Storage;

/// <summary>Composes the storage: connection, resilience, notifications.</summary>
public static class StorageExtensions
{
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RedisOptions>().Bind(configuration.GetSection("Redis"))
            .Validate(o => o.IsValid, "Redis__Configuration must be a StackExchange.Redis connection string, such as \"redis.internal:6379\".").ValidateOnStart();
        services.AddSingleton<PrivateRedis>();
        services.AddSingleton<RedisConnection>().AddHostedService(provider => provider.GetRequiredService<RedisConnection>());
        services.AddSingleton<RedisResilience>().AddSingleton<RedisGateway>().AddSingleton<Signals>().AddSingleton<Permits>();
        return services;
    }
}
