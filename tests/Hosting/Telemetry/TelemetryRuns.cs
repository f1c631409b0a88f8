namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <summary>What all tests of telemetry look at, done once.</summary>
[CollectionDefinition(nameof(TelemetryRuns))]
public sealed class TelemetryRuns : ICollectionFixture<TracedConversation>, ICollectionFixture<SampledTraffic>, ICollectionFixture<MeasuredTraffic>;
