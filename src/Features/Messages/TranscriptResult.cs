using System.Buffers;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Intotes.Chat.Hosting;
using Microsoft.AspNetCore.Http.Metadata;

namespace Intotes.Chat.Features.Messages;

/// <summary>
/// Writes a conversation as plain text, as it is read: a line that says when (UTC), in which role and under which name, then the text, indented. No text and
/// no name can begin a line of its own, so nobody can write what looks like somebody else's message.
/// </summary>
public sealed partial class TranscriptResult(History history) : IResult, IEndpointMetadataProvider
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
        var role = message.Sender switch
        {
            Sender.System => "[system]",
            Sender.Operator => "[operator]",
            _ => "[visitor]",
        };
        var who = PersonName.Clean(message.SenderName) is { } name ? $"{role} {name}" : role;
        return $"{at}  {who}\n    {LineEnd().Replace(message.Text, "\n    ")}\n\n";
    }

    /// <summary>All characters that some program shows as the end of a line (UAX #14).</summary>
    [GeneratedRegex(@"\r\n|[\n\r\v\f\u0085\u2028\u2029]")]
    private static partial Regex LineEnd();
}
