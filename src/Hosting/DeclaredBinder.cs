using System.Reflection;
using FastEndpoints;

namespace Intotes.Chat.Hosting;

/// <summary>
/// Takes each field from where it belongs and nowhere else: query parameters where they are declared, the rest from the JSON body. By itself
/// FastEndpoints would let the query string override the body, which puts messages into access logs and lets a plain form post write them.
/// </summary>
public sealed class DeclaredBinder<TRequest>() : RequestBinder<TRequest>(Sources)
    where TRequest : notnull
{
    private static readonly BindingSource Sources =
        (AnyField(isQuery: true) ? BindingSource.QueryParams : default) | (AnyField(isQuery: false) ? BindingSource.JsonBody : default);

    private static bool AnyField(bool isQuery) =>
        typeof(TRequest).GetProperties().Any(field => field.IsDefined(typeof(QueryParamAttribute)) == isQuery);
}
