using System.Net.Sockets;
using System.Text.RegularExpressions;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Hosting;

/// <summary>Reports a failure at the start in one sentence, without a stack trace.</summary>
public static partial class StartExtensions
{
    /// <summary>Runs until stopped, unless it is asked for a service's health; the process's exit code is 0 after an orderly stop, 1 when it could not start.</summary>
    public static async Task<int> RunAsync(string[] args, Func<string[], WebApplication> compose)
    {
        try
        {
            if (HealthProbe.IsAsked(args))
            {
                return await HealthProbe.AskAsync(args);
            }

            await using var app = compose(args);
            await app.RunAsync();
            return 0;
        }
        catch (Exception e) when (Sentence(e) is { } sentence)
        {
            await Console.Error.WriteLineAsync(sentence);
            return 1;
        }
    }

    private static string? Sentence(Exception e) => e switch
    {
        CannotStartException => e.Message,
        OptionsValidationException invalid => string.Join(' ', invalid.Failures),
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException or SocketException } => $"{e.Message.TrimEnd('.')}; set ASPNETCORE_URLS to another one.",
        SocketException => $"ASPNETCORE_URLS must be an address of this machine: {e.Message}.",
        FormatException when e.Message.StartsWith("Invalid url", StringComparison.Ordinal) => $"ASPNETCORE_URLS must be like http://127.0.0.1:5080. {e.Message}.",
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } when WrongType().Match(e.Message) is { Success: true } wrong =>
            $"{wrong.Groups["setting"].Value.Replace(":", "__", StringComparison.Ordinal)} must be a {Kind(wrong.Groups["type"].Value)}, not '{wrong.Groups["value"]}'.",
        InvalidOperationException { Source: "Microsoft.AspNetCore.Server.Kestrel.Core" } => $"ASPNETCORE_URLS: {e.Message.Split('\n')[0]}",
        _ => null,
    };

    private static string Kind(string type) => type switch
    {
        nameof(Int32) => "whole number",
        nameof(Double) => "number",
        _ => type,
    };

    /// <summary>The message of the configuration binder for a value of the wrong type.</summary>
    [GeneratedRegex(@"value '(?<value>.*)' at '(?<setting>.*)' to type 'System\.(?<type>\w+)'", RegexOptions.Singleline)]
    private static partial Regex WrongType();
}
