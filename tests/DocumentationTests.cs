using System.Text.RegularExpressions;

namespace Intotes.Chat.Tests;

/// <summary>The pages that people read first.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public void The_readme_is_short() => Assert.InRange(new FileInfo(Path.Combine(ArchitectureTests.Root, "README.md")).Length, 1, 6 * 1024);

    [Fact]
    public void Every_link_to_a_file_leads_to_one()
    {
        var links = Pages().SelectMany(page => Link().Matches(File.ReadAllText(page)).Select(link => (Page: page, Target: link.Groups[1].Value))).ToList();

        Assert.True(links.Count > 60, "The links were not found.");
        Assert.Empty(links.Where(link => !Path.Exists(Path.Combine(Path.GetDirectoryName(link.Page)!, link.Target))).Select(link => $"{link.Page}: {link.Target}"));
    }

    [Fact]
    public void Every_decision_has_a_context_a_decision_and_a_consequence_and_stands_in_the_index()
    {
        var folder = Path.Combine(ArchitectureTests.Root, "docs", "decisions");
        var index = File.ReadAllText(Path.Combine(folder, "README.md"));

        foreach (var (number, page) in Directory.GetFiles(folder, "0*.md").Order(StringComparer.Ordinal).Index())
        {
            var text = File.ReadAllText(page);
            Assert.StartsWith($"# {number + 1}. ", text, StringComparison.Ordinal);
            Assert.All(["**Context.** ", "**Decision.** ", "**Consequence.** "], part => Assert.Contains(part, text, StringComparison.Ordinal));
            Assert.Contains($"]({Path.GetFileName(page)})", index, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<string> Pages() => ((string[])["docs", "bench", "deploy"])
        .SelectMany(folder => Directory.GetFiles(Path.Combine(ArchitectureTests.Root, folder), "*.md", SearchOption.AllDirectories))
        .Concat(Directory.GetFiles(ArchitectureTests.Root, "*.md"));

    /// <summary>What is no address of another site and no heading of the same page.</summary>
    [GeneratedRegex(@"\]\((?![a-z]+:)([^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}
