using System.Buffers;
using System.Globalization;
using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Http.Metadata;

namespace Intotes.Chat.Features.Messages;

/// <summary>Writes a conversation as plain text, as it is read: a line for who and when (UTC), then the text, indented.</summary>
public sealed class TranscriptResult(History history) : IResult, IEndpointMetadataProvider
{
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), ["text/plain"]));

    public Task ExecuteAsync(HttpContext httpContext) => HistoryResult.WriteWholeAsync(httpContext, WriteAsync);

    private async Task WriteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "text/plain; charset=utf-8";
        httpContext.Response.Headers.ContentDisposition = "attachment; filename=conversation.txt";
        var output = httpContext.Response.BodyWriter;
        await HistoryWriter.WriteAsync(history, output, message => output.Write(Encoding.UTF8.GetBytes(Line(message))), httpContext.RequestAborted);
    }

    private static string Line(Message message)
    {
        var at = message.SentAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        var who = message.Sender switch
        {
            Sender.System => "*",
            Sender.Operator => message.SenderName ?? "Operator",
            _ => message.SenderName ?? "You",
        };
        return $"{at}  {who}\n    {message.Text.Replace("\n", "\n    ", StringComparison.Ordinal)}\n\n";
    }
}
