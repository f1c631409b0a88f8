using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace Intotes.Chat.Tests.Hosting.Canaries;

/// <summary>
/// Where nothing of <see cref="CanaryStory"/> may be. Session ids are public names, so that spans may hold them in their paths; of Redis a span
/// has the command and the script, no argument.
/// </summary>
public sealed class CanaryTests(CanaryStory story) : IClassFixture<CanaryStory>
{
    /// <summary>Writes the address of each request with its query string, where the contract puts nothing of a person; a caller may all the same.</summary>
    private const string RequestLines = "Microsoft.AspNetCore.Hosting.Diagnostics";

    private static bool WasMisplaced(Canary canary) => canary.What.EndsWith("in the query", StringComparison.Ordinal);

    [Fact]
    public void They_arrived_and_everything_was_listened_to()
    {
        Assert.All(["name", "email", "locale", "path of pageUrl", "reason", "text", "profile of the platform", "trade"], what => Assert.Contains(Text(what), story.SeenByOperator, StringComparison.Ordinal));
        Assert.All(["note", "close reason", "rating comment", "note of a transfer", "text before signing in"], what => Assert.Contains(Text(what), story.Before, StringComparison.Ordinal));
        Assert.Contains($"/users/{Text("sub of a user")}/profile {Text("X-Api-Key")}", story.Nodes.AskedOfPlatform);

        string[] loud = [RequestLines, "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Authentication.JwtBearer.JwtBearerHandler", "Polly", "StackExchange.Redis.ConnectionMultiplexer"];
        Assert.Empty(loud.Except(story.Nodes.Lines.Select(line => line.Category)));
        Assert.Contains(story.Nodes.Lines, line => line.Level == LogLevel.Trace);
        Assert.Contains(story.Nodes.Lines, line => line.Level == LogLevel.Error && line.Text.Contains("WRONGTYPE", StringComparison.Ordinal));
        Assert.Contains(story.Nodes.Spans, span => span.DisplayName == "EVALSHA append_message");
        Assert.Contains(story.Nodes.Spans, span => span.DisplayName == "POST /api/v1/chat/message");
        Assert.Contains(story.Nodes.Metrics, metric => metric.Name == "http.server.request.duration");
        Assert.Contains(story.Nodes.Metrics, metric => metric.Name == "chat.first_response");
    }

    [Fact]
    public void No_log_line_of_any_level_and_category_holds_one_but_the_request_lines_that_hold_what_was_put_into_the_query_string() =>
        IsSilent(story.Nodes.Lines.Select(line => ($"{line.Level} {line.Category}", line.Text)), (canary, where) =>
            where != $"{LogLevel.Information} {RequestLines}" || !WasMisplaced(canary));

    [Fact]
    public void No_log_line_that_is_on_as_shipped_holds_one_at_all() =>
        IsSilent(story.Nodes.Lines.Where(IsOnAsShipped).Select(line => (line.Category, line.Text)));

    [Fact]
    public void No_span_holds_one() => IsSilent(story.Nodes.Spans.Select(span => (span.DisplayName, Told(span))));

    [Fact]
    public void No_metric_holds_one() => IsSilent(story.Nodes.Metrics.Select(metric => (metric.Name, Told(metric))));

    [Fact]
    public void No_credential_is_ever_in_redis()
    {
        Assert.True(story.Nodes.Dumps.Count >= 5);
        IsSilent(story.Nodes.Dumps.Select(dump => ("Redis", dump)), (canary, _) => canary.Kind == CanaryKind.Credential);
    }

    [Fact]
    public void After_erasure_redis_holds_nothing_of_visitors_and_customers() =>
        IsSilent([("Redis", story.After)], (canary, _) => canary.Kind is CanaryKind.Personal or CanaryKind.Credential);

    [Fact]
    public void After_erasure_redis_does_not_even_name_their_sessions()
    {
        Assert.All(story.ErasedSessions, id => Assert.Contains(id, story.Before, StringComparison.Ordinal));
        Assert.All(story.ErasedSessions, id => Assert.DoesNotContain(id, story.After, StringComparison.Ordinal));
    }

    private string Text(string what) => story.Canaries.First(canary => canary.What == what).Text;

    /// <summary>Asserts that no canary is in any of these texts, or none of those that must not be.</summary>
    private void IsSilent(IEnumerable<(string Where, string Text)> texts, Func<Canary, string, bool>? isForbidden = null)
    {
        var found = from text in texts
                    from canary in story.Canaries
                    where canary.IsIn(text.Text) && isForbidden?.Invoke(canary, text.Where) != false
                    select $"{canary.What}: {text.Where}";
        var sung = string.Join('\n', found.Distinct());
        Assert.True(sung.Length == 0, sung);
    }

    private bool IsOnAsShipped(LogLine line) =>
        line.Level >= story.Nodes.ProductionLevels.Where(level => level.Key == "Default" || line.Category.StartsWith(level.Key, StringComparison.Ordinal))
            .MaxBy(level => level.Key == "Default" ? 0 : level.Key.Length).Value;

    /// <summary>All that any exporter could write of a span.</summary>
    private static string Told(Activity span) => string.Join('\n',
        [
            span.DisplayName, span.StatusDescription, span.TraceStateString, .. Fields(span.TagObjects), .. span.Baggage.Select(item => $"{item.Key}={item.Value}"),
            .. span.Events.SelectMany(happened => Fields(happened.Tags).Append(happened.Name)), .. span.Links.SelectMany(link => Fields(link.Tags ?? [])),
        ]);

    /// <summary>Its name and every label of every point.</summary>
    private static string Told(MetricSnapshot metric)
    {
        var text = new List<string> { metric.Name, metric.Description };
        foreach (var point in metric.MetricPoints)
        {
            foreach (var tag in point.Tags)
            {
                text.Add($"{tag.Key}={tag.Value}");
            }
        }

        return string.Join('\n', text);
    }

    private static IEnumerable<string> Fields(IEnumerable<KeyValuePair<string, object?>> fields) => fields.Select(field => $"{field.Key}={field.Value}");
}
