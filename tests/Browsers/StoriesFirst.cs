using Intotes.Chat.Tests.Browsers;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(StoriesFirst))]

namespace Intotes.Chat.Tests.Browsers;

/// <summary>Stories in a browser are the longest row of tests that run one after the other: begun last, they would go on by themselves for minutes.</summary>
public sealed class StoriesFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<T> OrderTestCollections<T>(IReadOnlyCollection<T> testCollections)
        where T : ITestCollection =>
        [.. testCollections.OrderByDescending(collection => collection is IXunitTestCollection { CollectionDefinition: { } definition } && definition == typeof(BrowserStories))];
}
