using Intotes.Chat.Tests.Browsers;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(StoriesFirst))]

namespace Intotes.Chat.Tests.Browsers;

/// <summary>Runs the stories in a browser first: they are the longest collections, and begun last they would go on by themselves for minutes.</summary>
public sealed class StoriesFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<T> OrderTestCollections<T>(IReadOnlyCollection<T> testCollections)
        where T : ITestCollection =>
        [.. testCollections.OrderByDescending(collection => collection is IXunitTestCollection { CollectionDefinition: { } definition } && (definition == typeof(WidgetStories) || definition == typeof(ConsoleStories)))];
}
