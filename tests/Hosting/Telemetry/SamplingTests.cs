using System.Diagnostics;

namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <summary>
/// Which requests leave a trace, where no poll is sampled. The node is a process of its own: the nodes of this one all listen to each other's spans.
/// </summary>
[Collection(nameof(TelemetryRuns))]
public sealed class SamplingTests(SampledTraffic traffic)
{
    private const string Poll = "GET /api/v1/chat/poll";

    [Fact]
    public void A_poll_leaves_no_span_unless_it_fails_or_its_caller_traces_it()
    {
        var requests = traffic.Spans.Where(span => span.Kind == ActivityKind.Server).ToList();

        Assert.Equal(
            [$"{Poll} 200", $"{Poll} 503", "POST /api/v1/chat/message 201", "POST /api/v1/chat/session 201"],
            requests.Select(span => $"{span.Name} {span["http.response.status_code"]}").Order(StringComparer.Ordinal));
        var followed = Assert.Single(requests, span => span.Name == Poll && span.Status != ActivityStatusCode.Error);
        Assert.Equal((SampledTraffic.SampledTrace, SampledTraffic.CallersSpan), (followed.TraceId, followed.ParentId));
    }

    [Fact]
    public void A_failed_poll_leaves_a_span_of_its_own_that_is_linked_to_the_trace_that_its_answer_names()
    {
        var failed = Assert.Single(traffic.Spans, span => span.Scope == "Intotes.Chat.Failures");

        Assert.Equal((Poll, ActivityKind.Server, ActivityStatusCode.Error, ""), (failed.Name, failed.Kind, failed.Status, failed.ParentId));
        Assert.Equal(("GET", "/api/v1/chat/poll", "503", "503"), (failed["http.request.method"], failed["http.route"], failed["http.response.status_code"], failed["error.type"]));
        Assert.Equal(traffic.TraceOfFailure, Assert.Single(failed.Links).Split(' ')[0]);
        Assert.NotEqual(traffic.TraceOfFailure, failed.TraceId);
    }

    [Fact]
    public void Every_redis_call_belongs_to_a_request_none_to_what_the_node_does_by_itself()
    {
        var requests = traffic.Spans.Where(span => span.Kind == ActivityKind.Server).Select(span => (span.TraceId, span.SpanId)).ToHashSet();
        var calls = traffic.Spans.Where(span => span.Kind != ActivityKind.Server).ToList();

        Assert.NotEmpty(calls);
        Assert.All(calls, call => Assert.Contains((call.TraceId, call.ParentId), requests));
    }
}
