using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <summary>A real Prometheus sees both nodes, and the alert rules that are to be deployed ask for what it sees.</summary>
[Collection(nameof(TelemetryRuns))]
[Trait("time", "long")]
public sealed partial class PrometheusTests(MeasuredTraffic traffic)
{
    private static readonly string Deployed = Path.Combine(ArchitectureTests.Root, "deploy/prometheus");

    private static readonly string[] RuleFiles = [.. Directory.GetFiles(Deployed, "*.yml").Where(file => File.ReadLines(file).Contains("groups:"))];

    [Fact]
    public async Task Prometheus_shows_as_many_calls_as_wait_from_both_nodes_and_evaluates_every_rule()
    {
        await using var prometheus = await PrometheusServer.StartAsync(traffic.Management, RuleFiles);
        var (support, billing) = ($$"""chat_queue_depth{chat_department="{{MeasuredTraffic.Department}}"}""", """chat_queue_depth{chat_department="billing"}""");
        await MeasuredTraffic.EventuallyAsync("both nodes are scraped and have measured the queue", async () =>
            await prometheus.QueryAsync(support) is { Count: 2 } depths && depths.Values.All(depth => depth == MeasuredTraffic.Waiting));

        var instances = traffic.Management.Select(address => address.Authority).Order(StringComparer.Ordinal);
        Assert.Equal(instances.Select(instance => (instance, (double)MeasuredTraffic.Waiting)), await ByInstanceAsync(support));
        Assert.Equal(instances.Select(instance => (instance, 0.0)), await ByInstanceAsync(billing));
        Assert.Equal(instances.Select(instance => (instance, 1.0)), await ByInstanceAsync("up"));
        Assert.Equal(instances.Select(instance => (instance, 1.0)), await ByInstanceAsync("chat_node_ready"));
        Assert.Equal([("", MeasuredTraffic.Waiting)], await ByInstanceAsync($"max by (chat_department) ({support})"));
        await MeasuredTraffic.EventuallyAsync("every rule is evaluated", async () => (await prometheus.RulesAsync()).All(rule => (string)rule["health"]! == "ok"));
        Assert.Equal(TelemetryPage.Alerts.Keys.Order(), (await prometheus.RulesAsync()).Select(rule => (string)rule["name"]!).Order());

        async Task<IEnumerable<(string, double)>> ByInstanceAsync(string expression) =>
            (await prometheus.QueryAsync(expression)).Select(series => (series.Key, series.Value)).OrderBy(series => series.Key, StringComparer.Ordinal);
    }

    [Fact]
    public async Task The_rules_are_valid_and_each_fires_when_it_should_and_not_before()
    {
        Assert.NotEmpty(RuleFiles);
        foreach (var file in RuleFiles)
        {
            Assert.Contains("SUCCESS", await PrometheusServer.CheckAsync("check", "rules", file), StringComparison.Ordinal);
            var tests = Path.Combine(Deployed, "tests", Path.GetFileName(file));
            Assert.Contains("SUCCESS", await PrometheusServer.CheckAsync("test", "rules", tests), StringComparison.Ordinal);

            // Each is seen to fire, and seen not to.
            var expectations = Expectation().Matches(await File.ReadAllTextAsync(tests, TestContext.Current.CancellationToken))
                .ToLookup(expectation => expectation.Groups[1].Value, expectation => expectation.Groups[2].Success);
            Assert.All(Alerts(file), alert => Assert.Equal([false, true], expectations[alert.Name].Distinct().Order()));
        }
    }

    [Fact]
    public void Every_alert_says_how_severe_it_is_and_what_is_wrong_and_the_page_says_what_to_do()
    {
        var alerts = RuleFiles.SelectMany(Alerts).ToList();

        Assert.Equal(TelemetryPage.Alerts.Keys.Order(), alerts.Select(alert => alert.Name).Order());
        foreach (var (name, text) in alerts)
        {
            Assert.Contains($"severity: {TelemetryPage.Alerts[name].ToLowerInvariant()}\n", text, StringComparison.Ordinal);
            Assert.All(["summary: ", "description: ", "for: "], field => Assert.Contains(field, text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task The_rules_the_page_and_the_dashboard_ask_only_for_metrics_and_labels_that_the_nodes_show()
    {
        var expressions = RuleFiles.SelectMany(Alerts).Select(alert => alert.Text[alert.Text.IndexOf("expr:", StringComparison.Ordinal)..alert.Text.IndexOf("for: ", StringComparison.Ordinal)])
            .Concat(Query().Matches(TelemetryPage.Text[TelemetryPage.Text.IndexOf("\n## Alerts", StringComparison.Ordinal)..]).Select(query => query.Groups[1].Value))
            .Concat(PanelQueries())
            .Select(expression => Literal().Replace(expression, "")).ToList();
        var labels = expressions.SelectMany(expression => LabelList().Matches(expression)).SelectMany(list => Identifier().Matches($"{list.Groups[1]} {list.Groups[2]}").Select(name => name.Value)).ToHashSet();
        var metrics = expressions.SelectMany(expression => Identifier().Matches(LabelList().Replace(expression, ""))).Select(name => name.Value).Where(name => name.Contains('_')).ToHashSet();
        Assert.True(metrics.Count > 8 && labels.Count > 4, $"Found {string.Join(", ", metrics)} and {string.Join(", ", labels)}.");

        // A counter is shown by the node that has counted something.
        await MeasuredTraffic.EventuallyAsync($"the nodes show all of {string.Join(", ", metrics)}", async () =>
        {
            var shown = string.Join('\n', await Task.WhenAll(traffic.Management.Select(MeasuredTraffic.ScrapeAsync)));
            return metrics.All(metric => Regex.IsMatch(shown, $@"^{metric}[ {{]", RegexOptions.Multiline))
                && labels.Except(["instance", "job", "le"]).All(label => shown.Contains($"{label}=\"", StringComparison.Ordinal));
        });
    }

    /// <summary>What the panels of the dashboard ask.</summary>
    private static IEnumerable<string> PanelQueries() =>
        from file in Directory.GetFiles(Path.Combine(Deployed, "../grafana/dashboards"), "*.json")
        from panel in JsonNode.Parse(File.ReadAllText(file))!["panels"]!.AsArray()
        from target in panel!["targets"]?.AsArray() ?? []
        select (string)target!["expr"]!;

    private static IEnumerable<(string Name, string Text)> Alerts(string file) =>
        File.ReadAllText(file).Split("- alert: ").Skip(1).Select(text => (text.Split('\n')[0].Trim(), text));

    [GeneratedRegex(@"alertname: (\w+)\n( +exp_alerts:)?")]
    private static partial Regex Expectation();

    /// <summary>What the page tells to ask Prometheus: it has a metric in it.</summary>
    [GeneratedRegex(@"`([^`\n]*\b(?:chat|http|db|dotnet)_[^`\n]*)`")]
    private static partial Regex Query();

    [GeneratedRegex("\"[^\"]*\"|\\[\\w+\\]|offset \\w+")]
    private static partial Regex Literal();

    /// <summary>In braces, or after by and on.</summary>
    [GeneratedRegex(@"\{([^}]*)\}|\b(?:by|on)\s*\(([^)]*)\)")]
    private static partial Regex LabelList();

    /// <summary>No function's.</summary>
    [GeneratedRegex(@"\b[a-z][a-z0-9_]*\b(?!\s*\()")]
    private static partial Regex Identifier();
}
