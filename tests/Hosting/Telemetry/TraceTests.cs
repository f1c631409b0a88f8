using System.Diagnostics;

namespace Intotes.Chat.Tests.Hosting.Telemetry;

/// <summary>What a person on call sees of <see cref="TracedConversation"/>, span by span, by OpenTelemetry's semantic conventions.</summary>
[Collection(nameof(TelemetryRuns))]
public sealed class TraceTests(TracedConversation conversation)
{
    [Theory]
    [InlineData("open", "POST /api/v1/chat/session", "Client HGETALL", "Client EXISTS", "Client GETEX", "Client EVALSHA open_session", "Client EVALSHA replace_current")]
    [InlineData("ask", "POST /api/v1/chat/message", "Client GETEX", "Client EVALSHA append_message")]
    [InlineData(
        "call", "POST /api/v1/chat/session/call-operator",
        "Client EVALSHA call_operator", "Producer send support", "  Client EVALSHA enqueue_call", "Client HGETALL")]
    [InlineData(
        "claim", "POST /api/v1/operator/calls/claim",
        "Client EVALSHA operator_seen", "Client EVALSHA next_call", "Client EVALSHA next_call", "Client EVALSHA claim_call", "Consumer receive support",
        "  Client EVALSHA hold_session", "  Client EVALSHA assign_session", "  Client HGETALL", "  Client EVALSHA accept_call", "  Client EVALSHA hold_session",
        "  Client HGETALL", "Client EVALSHA record_audit", "Client HGETALL")]
    [InlineData(
        "lookup", "GET /api/v1/operator/sessions/{sessionId}/customer",
        "Client EVALSHA operator_seen", "Client HGETALL", "Client GET /api/users/{id}/profile",
        "Client GET /api/users/{id}/trades", "Client GET /api/users/{id}/profile")]
    [InlineData("answer", "POST /api/v1/chat/message", "Client EVALSHA operator_seen", "Client EVALSHA append_message")]
    [InlineData("poll", "GET /api/v1/chat/poll", "Client PIPELINE", "Client HGETALL", "Client EVALSHA hold_session", "Client HGETALL")]
    [InlineData("history", "GET /api/v1/chat/history", "Client PIPELINE")]
    [InlineData(
        "release", "POST /api/v1/operator/sessions/{sessionId}/release",
        "Client EVALSHA operator_seen", "Client EVALSHA return_session", "Producer send support", "  Client EVALSHA enqueue_call", "Client HGETALL",
        "Client HGETALL", "Client EVALSHA let_go", "Client HGETALL", "Client EVALSHA record_audit")]
    [InlineData(
        "transfer", "POST /api/v1/operator/sessions/{sessionId}/transfer",
        "Client EVALSHA operator_seen", "Client EVALSHA transfer_session", "Producer send billing", "  Client EVALSHA enqueue_call", "Client HGETALL",
        "Client HGETALL", "Client EVALSHA let_go", "Client HGETALL", "Client EVALSHA record_audit", "Client EVALSHA add_note")]
    [InlineData(
        "close", "POST /api/v1/operator/sessions/{sessionId}/close",
        "Client EVALSHA operator_seen", "Client EVALSHA close_session", "Client EVALSHA drop_call", "Client EVALSHA end_held", "Client HGETALL",
        "Client EVALSHA record_audit", "Client HGETALL")]
    [InlineData("fail", "POST /api/v1/chat/message", "Client EVALSHA append_message")]
    public void A_request_is_one_tree_of_spans(string step, string name, params string[] below) =>
        Assert.Equal(string.Join("\n  ", [$"Server {name}", .. below]), conversation.Tree(step));

    [Fact]
    public void A_request_begins_a_trace_of_its_own_and_every_other_span_has_its_parent_there()
    {
        var byId = conversation.Spans.ToDictionary(span => (span.TraceId, span.SpanId));
        Assert.All(conversation.Spans.Where(span => span.Kind != ActivityKind.Server), span => Assert.Contains((span.TraceId, span.ParentId), byId));
        var requests = conversation.Spans.Where(span => span.Kind == ActivityKind.Server).ToList();
        Assert.Equal(16, requests.Count);
        Assert.Equal(requests.Count, requests.Select(span => span.TraceId).Distinct().Count());
        Assert.All(requests.Where(span => span.TraceId != TracedConversation.CallersTrace), span => Assert.Equal("", span.ParentId));
    }

    [Fact]
    public void A_request_whose_caller_traces_it_is_part_of_that_trace_even_a_poll()
    {
        var poll = conversation.Request("poll");

        Assert.Equal((TracedConversation.CallersTrace, TracedConversation.CallersSpan), (poll.TraceId, poll.ParentId));
    }

    [Fact]
    public void A_claim_on_one_node_is_linked_to_the_call_that_came_in_on_the_other()
    {
        foreach (var (call, claim) in ((string, string)[])[("call", "claim"), ("release", "claim again"), ("transfer", "claim transferred")])
        {
            var (calling, claiming) = (conversation.Request(call), conversation.Request(claim));
            var sent = Assert.Single(conversation.ChildrenOf(calling), span => span.Kind == ActivityKind.Producer);
            var received = Assert.Single(conversation.ChildrenOf(claiming), span => span.Kind == ActivityKind.Consumer);
            Assert.NotEqual(calling["server.port"], claiming["server.port"]);
            Assert.NotEqual(sent.TraceId, received.TraceId);
            Assert.Equal($"{sent.TraceId} {sent.SpanId}", Assert.Single(received.Links));
            Assert.Empty(sent.Links);
            Assert.All([sent, received], span => Assert.Equal(("redis", conversation.SessionId), (span["messaging.system"], span["messaging.message.id"])));
            Assert.Equal(("send", "send"), (sent["messaging.operation.name"], sent["messaging.operation.type"]));
            Assert.Equal(("receive", "receive"), (received["messaging.operation.name"], received["messaging.operation.type"]));
            Assert.Equal(sent["messaging.destination.name"], received["messaging.destination.name"]);
            Assert.Equal(call == "transfer" ? "billing" : "support", sent["messaging.destination.name"]);
        }
    }

    [Fact]
    public void A_server_span_says_what_was_asked_and_what_came_of_it()
    {
        foreach (var request in conversation.Spans.Where(span => span.Kind == ActivityKind.Server))
        {
            Assert.Equal($"{request["http.request.method"]} {request["http.route"]}", request.Name);
            Assert.Equal(request["http.route"].Replace("{sessionId}", conversation.SessionId, StringComparison.Ordinal), request["url.path"]);
            Assert.Equal(("http", "127.0.0.1", "1.1"), (request["url.scheme"], request["server.address"], request["network.protocol.version"]));
            var isFailure = int.Parse(request["http.response.status_code"], System.Globalization.CultureInfo.InvariantCulture) >= 500;
            Assert.Equal(isFailure ? ActivityStatusCode.Error : ActivityStatusCode.Unset, request.Status);
            Assert.Equal(isFailure ? request["http.response.status_code"] : null, request.Attributes.GetValueOrDefault("error.type"));
        }

        // What the caller did wrong is no error of the service's.
        Assert.Equal("409", conversation.Request("refused")["http.response.status_code"]);
        Assert.Equal("?after=Redacted", conversation.Request("poll")["url.query"]);
    }

    [Fact]
    public void A_redis_call_says_which_command_and_which_script_where_and_not_with_what()
    {
        var calls = conversation.Spans.Where(span => span.Scope == "Intotes.Chat.Redis").ToList();
        Assert.True(calls.Count > 80, $"There are {calls.Count}.");
        foreach (var call in calls)
        {
            Assert.Equal(ActivityKind.Client, call.Kind);
            Assert.Equal(("redis", "127.0.0.1", $"{conversation.RedisPortNumber}"), (call["db.system.name"], call["server.address"], call["server.port"]));
            var isScript = call["db.operation.name"] == "EVALSHA";
            Assert.Equal(isScript ? $"EVALSHA {call["db.stored_procedure.name"]}" : call["db.operation.name"], call.Name);
            Assert.Equal(isScript, call.Attributes.ContainsKey("db.stored_procedure.name"));
            Assert.Equal(call.Name == "PIPELINE", call.Attributes.ContainsKey("db.operation.batch.size"));
            Assert.Equal(call.Status == ActivityStatusCode.Error, call.Attributes.ContainsKey("error.type"));
            string[] known = ["db.system.name", "db.operation.name", "db.stored_procedure.name", "db.operation.batch.size", "server.address", "server.port", "error.type"];
            Assert.Empty(call.Attributes.Keys.Except(known));
        }
    }

    [Fact]
    public void A_redis_call_that_failed_says_so_and_each_attempt_after_the_first_is_an_event_of_it()
    {
        var call = Assert.Single(conversation.Spans, span => span is { Scope: "Intotes.Chat.Redis", Status: ActivityStatusCode.Error });

        Assert.Equal(conversation.Request("fail").SpanId, call.ParentId);
        Assert.Contains(call["error.type"], (string[])["TimeoutException", "RedisTimeoutException"]);
        Assert.Equal(
            ["retry error.type=TimeoutException retry.attempt=1", "retry error.type=TimeoutException retry.attempt=2"],
            call.Events.Select(happened => happened.Replace("RedisTimeoutException", "TimeoutException", StringComparison.Ordinal)));
        Assert.All(conversation.Spans.Where(span => span != call), span => Assert.Empty(span.Events));
    }

    [Fact]
    public void Each_attempt_to_ask_the_platform_is_a_span_that_does_not_name_the_customer_and_that_the_platform_is_told()
    {
        var asked = conversation.Spans.Where(span => span.Scope == "Intotes.Chat.Platform").ToList();
        Assert.Equal(3, asked.Count);
        foreach (var request in asked)
        {
            Assert.Equal($"{request["http.request.method"]} {request["url.template"]}", request.Name);
            Assert.Equal((conversation.PlatformAddress.Host, $"{conversation.PlatformAddress.Port}"), (request["server.address"], request["server.port"]));
            var path = request["url.template"].Replace("{id}", "REDACTED", StringComparison.Ordinal);
            Assert.Equal(new Uri(conversation.PlatformAddress, path).ToString(), request["url.full"].Split('?')[0]);
            Assert.Contains($"{path.Split('/')[^1]} 00-{request.TraceId}-{request.SpanId}-01", conversation.AskedOfPlatform);
        }

        var (refused, repeated) = (Assert.Single(asked, span => span.Status == ActivityStatusCode.Error), Assert.Single(asked, span => span.Attributes.ContainsKey("http.request.resend_count")));
        Assert.Equal(("/api/users/{id}/profile", "503", "503"), (refused["url.template"], refused["http.response.status_code"], refused["error.type"]));
        Assert.Equal(("/api/users/{id}/profile", "200", "1"), (repeated["url.template"], repeated["http.response.status_code"], repeated["http.request.resend_count"]));
    }

    [Fact]
    public void No_span_holds_a_text_a_token_an_address_a_name_or_a_user()
    {
        Assert.True(conversation.Secrets.Count > 12);
        foreach (var span in conversation.Spans)
        {
            var told = string.Join('\n', [$"{span}", .. span.Links, .. span.Events]);
            Assert.All(conversation.Secrets, secret => Assert.DoesNotContain(secret, told, StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public void A_collector_receives_the_same_spans_over_http()
    {
        var received = conversation.Collector.Spans.DistinctBy(span => (span.TraceId, span.SpanId)).ToDictionary(span => (span.TraceId, span.SpanId), Written);

        Assert.Equal(["chat-under-test"], conversation.Collector.Services.Distinct());
        foreach (var span in conversation.Spans)
        {
            Assert.Equal(Written(span), received.GetValueOrDefault((span.TraceId, span.SpanId)) ?? $"{span} was not received.");
        }
    }

    private static string Written(SpanSeen span) => string.Join(
        '\n',
        [span.Scope, span.TraceId, span.SpanId, span.ParentId, $"{span}", .. span.Links, .. span.Events]);
}
