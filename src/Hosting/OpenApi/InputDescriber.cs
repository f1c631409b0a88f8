using System.Globalization;
using System.Text.Json;
using FastEndpoints;
using FluentValidation;
using FluentValidation.Validators;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.OpenApi;

namespace Intotes.Chat.Hosting.OpenApi;

/// <summary>Describes the input of an endpoint. The generator takes each request type for a body, whatever the method, and knows no rules.</summary>
internal static class InputDescriber
{
    /// <summary>Sorts the fields of the request out into path, query and body, and gives them the bounds that the rules set.</summary>
    public static void Describe(OpenApiOperation operation, EndpointDefinition endpoint, bool takesBody, OpenApiOperationTransformerContext context)
    {
        operation.Parameters = [.. RoutePatternFactory.Parse(context.Description.RelativePath!).Parameters.Select(p => PathParameter(p.Name))];
        if (operation.RequestBody?.Content?.Values.Single().Schema is not OpenApiSchemaReference { Reference.Id: { } id })
        {
            return;
        }

        var schemas = context.Document!.Components!.Schemas!;
        var request = (OpenApiSchema)schemas[id];
        ApplyRules(request, endpoint, context.ApplicationServices);
        foreach (var property in endpoint.ReqDtoType.GetProperties().Where(p => !takesBody || p.IsDefined(typeof(QueryParamAttribute), false)))
        {
            var name = FieldOf(property.Name);
            if (request.Properties!.Remove(name, out var schema) && operation.Parameters.All(p => p.Name != name))
            {
                operation.Parameters.Add(QueryParameter(name, schema));
            }
        }

        if (!takesBody)
        {
            operation.RequestBody = null;
            schemas.Remove(id);
        }
    }

    private static OpenApiParameter PathParameter(string name) =>
        new() { Name = name, In = ParameterLocation.Path, Required = true, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    /// <summary>A parameter is left out rather than null.</summary>
    private static OpenApiParameter QueryParameter(string name, IOpenApiSchema schema)
    {
        if (schema is OpenApiSchema { OneOf: { } choices })
        {
            schema = choices.OfType<OpenApiSchemaReference>().Single();
        }

        var parameter = new OpenApiParameter { Name = name, In = ParameterLocation.Query, Description = schema.Description, Schema = schema };
        if (schema is OpenApiSchema own)
        {
            own.Type &= ~JsonSchemaType.Null;
            own.Description = null;
        }

        return parameter;
    }

    /// <summary>Takes over the unconditional rules that a schema can say.</summary>
    private static void ApplyRules(OpenApiSchema request, EndpointDefinition endpoint, IServiceProvider services)
    {
        if (endpoint.ValidatorType is null)
        {
            return;
        }

        var validator = (IValidator)ActivatorUtilities.CreateInstance(services, endpoint.ValidatorType);
        var rules = from field in validator.CreateDescriptor().Rules
                    where !field.HasCondition
                    from component in field.Components
                    where !component.HasCondition
                    select (FieldOf(field.PropertyName), component.Validator);
        foreach (var (name, rule) in rules)
        {
            if (!request.Properties!.TryGetValue(name, out var property) || property is not OpenApiSchema schema)
            {
                continue;
            }

            var one = schema.Items as OpenApiSchema ?? schema; // the rules of a list are those of its items
            switch (rule)
            {
                case IBetweenValidator between:
                    one.Minimum = Convert.ToString(between.From, CultureInfo.InvariantCulture);
                    one.Maximum = Convert.ToString(between.To, CultureInfo.InvariantCulture);
                    break;
                case ILengthValidator { Max: > 0 } length:
                    one.MaxLength = length.Max;
                    break;
                case IEmailValidator:
                    one.Format = "email";
                    break;
                case IRegularExpressionValidator pattern:
                    one.Pattern = pattern.Expression.Replace(@"\z", "$", StringComparison.Ordinal); // as ECMAScript has it
                    break;
                case INotEmptyValidator or INotNullValidator:
                    schema.Type &= ~JsonSchemaType.Null;
                    schema.MinLength = rule is INotEmptyValidator && schema.Type == JsonSchemaType.String ? 1 : null;
                    (request.Required ??= new HashSet<string>()).Add(name);
                    break;
            }
        }
    }

    private static string FieldOf(string property) => JsonNamingPolicy.CamelCase.ConvertName(property);
}
