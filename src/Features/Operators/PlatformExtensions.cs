using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;

namespace Intotes.Chat.Features.Operators;

public static class PlatformExtensions
{
    /// <summary>The client of the platform: 2 s for an attempt, one retry, 5 s in all, and a circuit breaker, so that a platform in trouble is left alone.</summary>
    public static IServiceCollection AddPlatform(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PlatformOptions>().Bind(configuration.GetSection("Platform"))
            .Validate(o => o.IsValid, "Platform__BaseUrl must be an absolute http or https URL.")
            .Validate<IHostEnvironment>(
                (o, environment) => o.IsHttps || environment.IsDevelopment(), "Platform__BaseUrl must be https outside Development: the platform's key goes there.")
            .Validate<IHostEnvironment>(
                (o, environment) => o.HasSafeKey || environment.IsDevelopment(),
                "Platform__ApiKey must have at least 16 random bytes outside Development and must not be the development key.")
            .Validate<IHostEnvironment>(
                (o, environment) => o.HasSafeInboundKey || environment.IsDevelopment(),
                "Platform__InboundKey must have at least 16 random bytes outside Development and must not be Platform__ApiKey.")
            .ValidateOnStart();
        services.AddMemoryCache();
        services.AddSingleton<PlatformAnswers>();
        services.AddTransient<PlatformSpans>();
        var platform = services.AddHttpClient<PlatformClient>((provider, client) =>
            {
                var options = provider.GetRequiredService<IOptions<PlatformOptions>>().Value;
                if (options.BaseUrl.Length > 0)
                {
                    client.BaseAddress = new Uri(options.BaseUrl.TrimEnd('/') + "/");
                    client.DefaultRequestHeaders.Add("X-Api-Key", options.ApiKey);
                }
            })
            // They would write the customer's id, which is in the address, and at Trace the key as well; so would .NET's own spans.
            .RemoveAllLoggers()
            // A redirect is an answer like any other that is not 200: followed, it would take the key to any host that it names.
            .ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler
            {
                ActivityHeadersPropagator = null, AllowAutoRedirect = false, UseCookies = false, MaxResponseDrainSize = 0, MaxConnectionsPerServer = 64,
            });
        platform.AddResilienceHandler("platform", pipeline => pipeline
            .AddTimeout(TimeSpan.FromSeconds(5))
            .AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = 1, Delay = TimeSpan.FromMilliseconds(100), BackoffType = DelayBackoffType.Exponential, UseJitter = true,
            })
            .AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions
            {
                MinimumThroughput = 10, SamplingDuration = TimeSpan.FromSeconds(10), BreakDuration = TimeSpan.FromSeconds(5),
            })
            .AddTimeout(TimeSpan.FromSeconds(2)));
        // Within the resilience: each attempt has a span.
        platform.AddHttpMessageHandler<PlatformSpans>();
        return services;
    }
}
