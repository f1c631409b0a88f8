using System.Net.Mime;
using FastEndpoints;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Intotes.Chat.Hosting.OpenApi;

/// <summary>Describes each endpoint by what it declares anyway: its comments, request, rules, policies and refusals.</summary>
internal sealed class EndpointDescriber : IOpenApiOperationTransformer
{
    public async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var document = context.Document!;
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var endpoint = metadata.OfType<EndpointDefinition>().Single();
        var takesBody = metadata.OfType<IAcceptsMetadata>().Any(a => a.ContentTypes.Contains(MediaTypeNames.Application.Json));
        var takesInput = operation.RequestBody is not null;

        // The first sentence is the title, the rest explains.
        var sentences = XmlDocs.Summary(endpoint.EndpointType)?.Split(". ", 2);
        (operation.Summary, operation.Description) = (sentences?[0].TrimEnd('.'), sentences?.ElementAtOrDefault(1));
        operation.Tags = new HashSet<OpenApiTagReference> { new(endpoint.EndpointType.Namespace!.Split('.')[^1], document) };
        operation.Security = CredentialDescriber.Of(endpoint, document);
        InputDescriber.Describe(operation, endpoint, takesBody, context);
        await AddFormsAsync(operation, metadata.OfType<IProducesResponseTypeMetadata>(), context, cancellationToken);
        DescribeAnswers(operation, endpoint, document,
        [
            Problem.InvalidToken,
            Problem.Forbidden,
            Problem.StorageUnavailable,
            Problem.RateLimited,
            Problem.IdentityUnavailable,
            .. takesInput ? [Problem.InvalidRequest] : Array.Empty<Problem>(),
            .. takesBody ? [Problem.PayloadTooLarge] : Array.Empty<Problem>(),
            .. HttpMethods.IsGet(context.Description.HttpMethod!) ? [] : (Problem[])[Problem.UnsupportedMediaType],
            .. metadata.OfType<RefusalMetadata>().SelectMany(r => r.Problems),
        ]);
    }

    /// <summary>The generator knows one form of an answer; an endpoint may have others, such as plain text beside JSON.</summary>
    private static async Task AddFormsAsync(
        OpenApiOperation operation, IEnumerable<IProducesResponseTypeMetadata> produced, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        foreach (var (answer, form) in produced.Where(p => p.Type is not null).SelectMany(p => p.ContentTypes, (p, form) => (p, form)))
        {
            if (operation.Responses!.GetValueOrDefault($"{answer.StatusCode}")?.Content is { } content && !content.ContainsKey(form))
            {
                content[form] = new OpenApiMediaType { Schema = await context.GetOrCreateSchemaAsync(answer.Type!, null, ct) };
            }
        }
    }

    private static void DescribeAnswers(OpenApiOperation operation, EndpointDefinition endpoint, OpenApiDocument document, IEnumerable<Problem> problems)
    {
        var successes = operation.Responses!.Where(r => r.Key[0] == '2').OrderBy(r => r.Key).ToList();
        operation.Responses = [];
        foreach (var (status, answer) in successes)
        {
            answer.Description = XmlDocs.Response(endpoint.EndpointType, status) ?? answer.Description;
            operation.Responses.Add(status, answer);
        }

        foreach (var (status, answer) in ProblemDescriber.Answers(problems, document))
        {
            operation.Responses.Add(status, answer);
        }
    }
}
