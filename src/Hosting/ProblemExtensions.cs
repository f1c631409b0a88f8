using FluentValidation.Results;
using Intotes.Chat.Storage;
using Microsoft.AspNetCore.Diagnostics;

namespace Intotes.Chat.Hosting;

/// <summary>The caller has asked for too much at once.</summary>
public sealed class TooManyRequestsException() : Exception("The caller asks for too much at once.");

/// <summary>Turns failures outside an endpoint's own answers into problem+json, without details of the inside.</summary>
public static class ProblemExtensions
{
    /// <summary>Turns exceptions into answers.</summary>
    public static IApplicationBuilder UseProblems(this IApplicationBuilder app) => app
        .Use(static (http, next) =>
        {
            SecurityHeaders.Apply(http);
            return next(http);
        })
        .UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = static http =>
            {
                // Those of before were taken away with the rest of the answer.
                SecurityHeaders.Apply(http);
                return FromException(http.Features.Get<IExceptionHandlerFeature>()!.Error).ExecuteAsync(http);
            },
            // Expected failures are counted and traced by the storage gateway; a line for each would bury the unexpected ones.
            SuppressDiagnosticsCallback = static context => context.Exception is StorageUnavailableException or TooManyRequestsException || IsBadRequest(context.Exception),
        });

    /// <summary>The same for what is answered with a status and no more, such as by routing.</summary>
    public static IApplicationBuilder UseStatusProblems(this IApplicationBuilder app) => app
        .UseStatusCodePages(static context =>
        {
            var (http, headers) = (context.HttpContext, context.HttpContext.Response.Headers);
            if (http.Response.StatusCode == StatusCodes.Status405MethodNotAllowed && headers.Allow.ToString().Split(", ").Contains(HttpMethods.Get))
            {
                headers.Allow = $"{headers.Allow}, {HttpMethods.Head}";
            }

            return Problem.OfStatus(http.Response.StatusCode)?.ExecuteAsync(http) ?? Task.CompletedTask;
        });

    /// <summary>The answer to a request that failed its rules. A rule may name another code than <c>invalid_request</c>.</summary>
    public static object FromFailures(List<ValidationFailure> failures)
    {
        var errors = failures
            .GroupBy(f => f.PropertyName)
            .ToDictionary(field => field.Key, field => field.Select(f => f.ErrorMessage).Distinct().ToArray());
        var problem = failures.TrueForAll(f => f.ErrorCode == Problem.InvalidCursor.Code) ? Problem.InvalidCursor : Problem.InvalidRequest;
        return problem.Describe(errors);
    }

    private static Problem FromException(Exception error) => error switch
    {
        StorageUnavailableException => Problem.StorageUnavailable,
        TooManyRequestsException => Problem.RateLimited.After(TimeSpan.FromSeconds(1)),
        BadHttpRequestException { StatusCode: var status } => Problem.OfStatus(status) ?? Problem.InvalidRequest,
        _ => IsBadRequest(error) ? Problem.InvalidRequest : Problem.InternalError,
    };

    /// <summary>Kestrel refuses a request by its exception, but for a chunk that is larger than any number.</summary>
    private static bool IsBadRequest(Exception error) => error is BadHttpRequestException or IOException { InnerException: OverflowException };
}
