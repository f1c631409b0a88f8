using System.Net.Sockets;
using Intotes.Chat.Storage;
using Microsoft.Extensions.Options;

namespace Intotes.Chat.Hosting;

/// <summary>What goes wrong at the start is said in one sentence, to a person; a stack trace would say it worse.</summary>
public static class StartExtensions
{
    /// <summary>Runs until stopped; the process's exit code is 0 after an orderly stop, 1 when it could not start.</summary>
    public static async Task<int> RunAsync(string[] args, Func<string[], WebApplication> compose)
    {
        try
        {
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
        CannotStartException or OptionsValidationException => e.Message,
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException or SocketException } => $"{e.Message.TrimEnd('.')}; set ASPNETCORE_URLS to another one.",
        // The configuration binder: a value of the wrong type. Its message names the setting.
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } => e.Message,
        _ => null,
    };
}
