using System.Buffers;
using System.IO.Pipelines;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// Writes answers as server-sent events (WHATWG HTML, section 9.2), as they come. A client that reads slowly holds up its own stream and nothing else:
/// nothing is kept for it, and Kestrel ends one that hardly reads at all. When the service stops it has two more seconds: a stop would wait for it, and
/// a client that reconnects to another node misses nothing.
/// </summary>
/// <param name="first">The answer to begin with.</param>
/// <param name="more">Those that follow, each as it comes; null to say only that the stream goes on.</param>
public sealed class EventsResult(PollAnswer first, IAsyncEnumerable<PollAnswer?> more) : IResult, IEndpointMetadataProvider
{
    private static readonly TimeSpan ReadsAtStopWithin = TimeSpan.FromSeconds(2);

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(PollAnswer), ["text/event-stream"]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var json = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var stopping = httpContext.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await BeginAsync(httpContext, first, json, stopping);
        await GoOnAsync(httpContext, more, json, stopping);
    }

    /// <summary>The headers, and the first event.</summary>
    public static async Task BeginAsync(HttpContext http, PollAnswer first, JsonSerializerOptions json, CancellationToken stopping)
    {
        http.Response.ContentType = "text/event-stream";
        // nginx would keep back what it has to pass on.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        await WriteAsync(http, first, json, stopping);
    }

    /// <summary>The events after the first. A method of its own, so that the first event is not kept in memory meanwhile.</summary>
    public static async Task GoOnAsync(HttpContext http, IAsyncEnumerable<PollAnswer?> more, JsonSerializerOptions json, CancellationToken stopping)
    {
        try
        {
            await foreach (var answer in more.WithCancellation(http.RequestAborted))
            {
                await WriteAsync(http, answer, json, stopping);
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone, or was cut off because it does not read.
        }

        if (stopping.IsCancellationRequested && HttpProtocol.IsHttp11(http.Request.Protocol))
        {
            Close(http.Features);
        }
    }

    private static ValueTask<FlushResult> WriteAsync(HttpContext http, PollAnswer? answer, JsonSerializerOptions json, CancellationToken stopping)
    {
        var output = http.Response.BodyWriter;
        if (answer is null)
        {
            output.Write(":\n\n"u8);
        }
        else
        {
            Encoding.ASCII.GetBytes($"id: {answer.Cursor}\ndata: ", output);
            output.Write(JsonSerializer.SerializeToUtf8Bytes(answer, json));
            output.Write("\n\n"u8);
        }

        var flush = output.FlushAsync(http.RequestAborted);
        return flush.IsCompleted ? flush : UntilReadAsync(flush, http, stopping);
    }

    /// <summary>The client has yet to read what came before.</summary>
    private static async ValueTask<FlushResult> UntilReadAsync(ValueTask<FlushResult> flush, HttpContext http, CancellationToken stopping)
    {
        using var end = new CancellationTokenSource();
        using var stop = stopping.Register(() => end.CancelAfter(ReadsAtStopWithin));
        using var cut = end.Token.Register(http.Abort);
        return await flush;
    }

    /// <summary>The stream has ended, but Kestrel may hold its last bytes for one who does not read. Nothing else may come over this connection.</summary>
    private static void Close(IFeatureCollection connection)
    {
        connection.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        if (connection.Get<IConnectionLifetimeFeature>() is { } transport)
        {
            _ = Task.Delay(ReadsAtStopWithin).ContinueWith(_ => transport.Abort(), TaskScheduler.Default);
        }
    }
}
