using Intotes.Chat.Features.Messages;
using Intotes.Chat.Features.Operators;
using Intotes.Chat.Features.Sessions;
using Intotes.Chat.Hosting;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features;

/// <summary>Composes the three features.</summary>
public static class FeatureExtensions
{
    public static IServiceCollection AddFeatures(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ChatOptions>().Bind(configuration.GetSection("Chat")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ChatOptions>, ChatOptions.Rules>();

        services.AddHostedService<RedisWatch>().AddHostedService<AuditWatch>();
        services.AddSingleton<AnonymousStore>().AddSingleton<AnonymousPolicy>().AddSingleton<AnonymousBytes>().AddSingleton<AnonymousWatch>();
        services.AddHostedService(p => p.GetRequiredService<AnonymousWatch>());
        services.AddSingleton<BackgroundWriter>().AddHostedService(p => p.GetRequiredService<BackgroundWriter>());
        services.AddSingleton<SessionStore>().AddSingleton<SessionOpener>().AddSingleton<SessionGate>().AddSingleton<SessionCloser>().AddSingleton<SessionEraser>();
        services.AddSingleton<AccountStore>().AddSingleton<GrantStore>().AddSingleton<RosterStore>().AddSingleton<HeldIndex>().AddSingleton<HolderWatch>().AddSingleton<SampleStore>();
        services.AddSingleton<ReservedNames>();
        services.AddSingleton<QueueStore>().AddSingleton<QueueSweeper>().AddSingleton<CallEnqueuer>().AddSingleton<DepartmentStore>().AddSingleton<QueuePlaces>().AddHostedService(p => p.GetRequiredService<QueuePlaces>()).AddHostedService<DeskGauge>();
        services.AddSingleton<Departments>().AddHostedService(p => p.GetRequiredService<Departments>()).AddSingleton<VisitorWatch>().AddHostedService(p => p.GetRequiredService<VisitorWatch>());

        services.AddSingleton<MessageStore>().AddSingleton<PollStore>().AddSingleton<PollCounts>().AddSingleton<PollPace>();
        services.AddSingleton<MessagePoller>().AddSingleton<PollAnswers>().AddSingleton<OpenStreams>().AddSingleton<MessageFollower>();
        services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, MessageJson.Default));
        services.AddSingleton<HistoryStore>().AddSingleton<HistoryReader>().AddSingleton<PolledHistory>();

        services.AddSingleton<ClaimStore>().AddSingleton<CallClaimer>().AddSingleton<SummaryStore>().AddSingleton<SessionReader>();
        services.AddSingleton<CallPages>().AddSingleton<SessionPages>().AddSingleton<DeskStats>();
        services.AddSingleton<HandoverStore>().AddSingleton<SessionReturner>().AddSingleton<LeaseSweeper>().AddHostedService(p => p.GetRequiredService<LeaseSweeper>());
        services.AddSingleton<NoteStore>().AddTransient<CustomerReader>().AddSingleton<CannedReplyStore>().AddSingleton<AuditReader>().AddSingleton<OperatorWait>().AddSingleton<SessionsPoller>();
        services.AddPlatform(configuration);
        return services;
    }
}
