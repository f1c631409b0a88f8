using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Intotes.Chat.Tests.Features.Messages;

/// <summary>An event as it came. Without data it is a comment.</summary>
internal sealed record ServerEvent(string? Id, JsonNode? Data)
{
    public IReadOnlyList<string> Texts => [.. Data!["messages"]!.AsArray().Select(message => (string)message!["text"]!)];

    public IReadOnlyList<string?> Events => [.. Data!["messages"]!.AsArray().Select(message => (string?)message!["event"])];
}

/// <summary>A stream of server-sent events (WHATWG HTML, section 9.2), read one by one.</summary>
internal sealed class EventStream : IDisposable
{
    /// <summary>Far more than a busy machine needs for what comes at once.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>What it does not read stays with the server, but for some KB.</summary>
    private static readonly HttpClient Slow = new(new SocketsHttpHandler { UseCookies = false, ConnectCallback = ConnectNarrowlyAsync }) { Timeout = Timeout.InfiniteTimeSpan };

    private readonly HttpResponseMessage response;
    private readonly StreamReader lines;

    private EventStream(HttpResponseMessage response, Stream body) => (this.response, lines) = (response, new StreamReader(body));

    /// <summary>Opens it at this node, and takes nothing but a stream for an answer.</summary>
    public static async Task<EventStream> OpenAsync(Uri node, ChatClient caller, string query = "", string? lastEventId = null, bool isSlow = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node, "/api/v1/chat/events" + query));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (caller.Bearer is { } bearer)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        }
        else
        {
            request.Headers.Add("X-Chat-Session", caller.SessionToken);
        }

        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var response = await (isSlow ? Slow : Http).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken).WaitAsync(Patience);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.Equal("no", Assert.Single(response.Headers.GetValues("X-Accel-Buffering")));
        return new EventStream(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event, past comments.</summary>
    public async Task<ServerEvent> NextAsync()
    {
        while (true)
        {
            switch (await ReadAsync())
            {
                case { Data: not null } found:
                    return found;
                case null:
                    throw new EndOfStreamException("The stream has ended.");
            }
        }
    }

    /// <summary>The next event for which this is so.</summary>
    public async Task<ServerEvent> UntilAsync(Func<ServerEvent, bool> isSo)
    {
        while (true)
        {
            if (await NextAsync() is var found && isSo(found))
            {
                return found;
            }
        }
    }

    /// <summary>The texts of the next messages, however they are spread over events.</summary>
    public async Task<IReadOnlyList<string>> TextsAsync(int count)
    {
        var texts = new List<string>();
        while (texts.Count < count)
        {
            texts.AddRange((await NextAsync()).Texts);
        }

        return texts;
    }

    /// <summary>Returns when the stream has ended in order; fails where anything but comments comes before.</summary>
    public async Task EndAsync()
    {
        while (await ReadAsync() is { } more)
        {
            Assert.True(more.Data is null, $"The stream goes on: {more.Data?.ToJsonString()}");
        }
    }

    /// <summary>The next event or comment; null at the end of the stream.</summary>
    public async Task<ServerEvent?> ReadAsync()
    {
        var (id, data, isAny) = (default(string), default(JsonNode), false);
        while (await lines.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience) is { } line)
        {
            switch (line.Split(": ", 2))
            {
                case [""] when isAny:
                    return new ServerEvent(id, data);
                case [":"]:
                    break;
                case ["id", var value]:
                    id = value;
                    break;
                case ["data", var value]:
                    data = JsonNode.Parse(value);
                    break;
                default:
                    throw new FormatException($"No line of an event: {line}");
            }

            isAny = true;
        }

        return isAny ? throw new FormatException("The stream ended within an event.") : null;
    }

    private static async ValueTask<Stream> ConnectNarrowlyAsync(SocketsHttpConnectionContext to, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(to.DnsEndPoint, ct);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public void Dispose()
    {
        lines.Dispose();
        response.Dispose();
    }
}
