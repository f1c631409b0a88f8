using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Intotes.Chat.Tests.Redis;

namespace Intotes.Chat.Tests.Hosting.Container;

/// <summary>How many requests deploy/nginx.conf takes at once, where many share one connection (HTTP/2).</summary>
public sealed class DeployedNginxStreamsTests
{
    private const int Most = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Uri Nobody = new($"http://127.0.0.1:{RedisPort.Free()}");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Streams_whose_bodies_are_on_their_way_are_counted_and_those_too_many_are_refused_until_one_ends()
    {
        await using var nginx = await DeployedNginx.StartAsync(
            [Nobody],
            text => text.Replace("limit_conn all 6000", $"limit_conn all {Most}", StringComparison.Ordinal).Replace("client_body_timeout 10s", "client_body_timeout 60s", StringComparison.Ordinal));
        using var http = nginx.Client();
        var (end, held) = (new TaskCompletionSource(), new List<Task<HttpResponseMessage>>());
        for (var n = 0; n < 2 * Most; n++)
        {
            held.Add(SendAsync(http, new HeldBody(end.Task)));
        }

        for (var n = 0; n < Most; n++)
        {
            var request = await Task.WhenAny(held).WaitAsync(Patience, Ct);
            held.Remove(request);
            using var refused = await request;
            Assert.Equal((HttpStatusCode.TooManyRequests, "application/problem+json"), (refused.StatusCode, refused.Content.Headers.ContentType?.MediaType));
            Assert.Equal("rate_limited", (string?)JsonNode.Parse(await refused.Content.ReadAsStringAsync(Ct))!["code"]);
            Assert.Equal(TimeSpan.FromSeconds(5), refused.Headers.RetryAfter?.Delta);
        }

        Assert.DoesNotContain(held, request => request.IsCompleted);
        end.SetResult();
        foreach (var request in held)
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await request).StatusCode); // nginx has gone to look for a node
        }

        using var next = await SendAsync(http, new StringContent("{}"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, next.StatusCode);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, HttpContent body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/chat/message") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = body };
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, Ct);
    }

    /// <summary>A body that begins, and ends when it is told to.</summary>
    private sealed class HeldBody(Task end) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("{"u8.ToArray(), Ct);
            await stream.FlushAsync(Ct);
            await end;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
