using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Features.Queue;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features;

/// <summary>Composes the rooms, from the lowest to the highest: each uses only those before it.</summary>
public static class FeatureExtensions
{
    public static IServiceCollection AddFeatures(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ChatOptions>().Bind(configuration.GetSection("Chat")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ChatOptions>, ChatOptions.Rules>();
        services.AddHostedService<RedisWatch>().AddHostedService<AuditWatch>().AddHosted<BackgroundWriter>();
        return services.AddQueue().AddSessions().AddMessages().AddOperators(configuration);
    }

    private static IServiceCollection AddQueue(this IServiceCollection services) => services
        .AddSingleton<QueueStore>().AddSingleton<ClaimStore>().AddSingleton<RosterStore>().AddSingleton<GrantStore>()
        .AddSingleton<DepartmentStore>().AddSingleton<SampleStore>()
        .AddHosted<Departments>().AddHosted<QueueViews>().AddHosted<VisitorWatch>().AddHostedService<QueueMetrics>();

    private static IServiceCollection AddSessions(this IServiceCollection services) => services
        .AddSingleton<SessionStore>().AddSingleton<AccountStore>().AddSingleton<AnonymousStore>().AddSingleton<AnonymousBytes>()
        .AddSingleton<AnonymousPolicy>().AddHosted<AnonymousWatch>().AddSingleton<ReservedNames>()
        .AddSingleton<SessionGate>().AddSingleton<SessionOpener>().AddSingleton<SessionCloser>().AddSingleton<SessionEraser>()
        .AddSingleton<CallEnqueuer>().AddSingleton<CallPlaces>().AddSingleton<QueueSweeper>()
        .AddSingleton<HeldIndex>().AddSingleton<HeldIndexRepair>();

    private static IServiceCollection AddMessages(this IServiceCollection services) => services
        .AddSingleton<MessageStore>().AddSingleton<PollStore>().AddSingleton<PollCounts>().AddSingleton<PollPace>()
        .AddSingleton<MessagePoller>().AddSingleton<PollAnswers>().AddSingleton<OpenStreams>().AddSingleton<MessageFollower>()
        .AddSingleton<HistoryStore>().AddSingleton<HistoryReader>().AddSingleton<PolledHistory>()
        .ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, MessageJson.Default));

    private static IServiceCollection AddOperators(this IServiceCollection services, IConfiguration configuration) => services
        .AddSingleton<HandoverStore>().AddSingleton<SummaryStore>().AddSingleton<NoteStore>().AddSingleton<CannedReplyStore>()
        .AddSingleton<CallClaimer>().AddSingleton<CallPages>().AddSingleton<SessionPages>().AddSingleton<DeskStats>()
        .AddSingleton<SessionReader>().AddSingleton<SessionReturner>().AddHosted<LeaseSweeper>()
        .AddSingleton<LongPoll>().AddSingleton<SessionsPoller>().AddSingleton<AuditReader>().AddTransient<CustomerReader>()
        .AddPlatform(configuration);

    /// <summary>A service that others use and that also runs in the background.</summary>
    private static IServiceCollection AddHosted<T>(this IServiceCollection services)
        where T : class, IHostedService => services.AddSingleton<T>().AddHostedService(static provider => provider.GetRequiredService<T>());
}
