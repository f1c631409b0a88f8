namespace Intotes.Chat.Tests.Hosting;

/// <summary>Tests that measure this process, or how fast others are, and so run when no other test does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
